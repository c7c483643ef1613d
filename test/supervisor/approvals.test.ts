import { afterEach, describe, expect, it } from "vitest";
import { type Decision, defineTool, type PendingApproval, Supervisor } from "../../src/index.ts";
import type { SupervisorOptions } from "../../src/supervisor/supervisor-options.ts";
import { ManualClock } from "../../src/testing/index.ts";

const done: string[] = [];
const write = defineTool({
  name: "write",
  description: "Writes",
  input: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
  execute: ({ path }) => {
    done.push(String(path));
    return `wrote ${path}`;
  },
});
const call = (path: string) => ({ name: "write", input: { path } });
const asks = [{ allow: "tool:write", ask: true }, "model:*"];

function scribe(paths: readonly string[]) {
  const steps = [...paths.map((path) => ({ toolCalls: [call(path)] })), { text: "done" }];
  return { model: { provider: "scripted", steps }, tools: ["write"], grants: asks } as const;
}

let supervisor: Supervisor;
async function start(options: SupervisorOptions): Promise<Supervisor> {
  done.length = 0;
  supervisor = await Supervisor.start({ threads: 0, tools: [write], ...options });
  return supervisor;
}
afterEach(async () => supervisor.stop());

/** Resolves with the next `count` questions. */
function questions(count = 1): Promise<readonly PendingApproval[]> {
  return new Promise((resolve) => {
    const look = () => {
      if (supervisor.approvals().length >= count) resolve(supervisor.approvals());
    };
    supervisor.on("approval.requested", look);
    look();
  });
}

/** What a tool call came to, for each call. */
function results(): (string | undefined)[] {
  const codes: (string | undefined)[] = [];
  supervisor.on("tool.denied", ({ code }) => codes.push(code));
  supervisor.on("tool.finished", ({ isError }) => codes.push(isError ? "failed" : "ok"));
  return codes;
}

describe("a grant that asks", () => {
  it("suspends only the call, gives the slot back, and goes on after a yes", async () => {
    await start({ agents: { scribe: scribe(["a"]) }, limits: { concurrency: 1 } });
    const ref = await supervisor.spawn("scribe", { input: "go" });
    const [asked] = await questions();
    expect(asked).toMatchObject({ path: "/scribe", kind: "tool", subject: "tool:write" });
    expect(asked?.input).toEqual({ path: "a" });
    expect(supervisor.stats().atWork).toBe(0);
    expect(done).toEqual([]);
    await supervisor.decide(asked?.id ?? "", { allow: true, by: "eve" });
    expect(await ref.outcome).toMatchObject({ status: "completed", output: "done" });
    expect(done).toEqual(["a"]);
    expect(supervisor.approvals()).toEqual([]);
  });

  it("is a refusal that the model reads after a no, with the reason", async () => {
    await start({ agents: { scribe: scribe(["a"]) } });
    const codes = results();
    const run = supervisor.run("scribe", { input: "go" });
    const [asked] = await questions();
    await supervisor.decide(asked?.id ?? "", { allow: false, reason: "not on Fridays" });
    expect(await run).toMatchObject({ status: "completed", usage: { toolCalls: 0 } });
    expect(codes).toEqual(["APPROVAL_DENIED"]);
    expect(done).toEqual([]);
  });

  it.each([
    ["once", 3],
    ["agent", 1],
  ] as const)("with scope %s asks %i times in one agent", async (scope, times) => {
    let asked = 0;
    const approve = (): Decision => {
      asked += 1;
      return { allow: true, scope };
    };
    await start({ agents: { scribe: scribe(["a", "b", "c"]) }, approve });
    await supervisor.run("scribe", { input: "go" });
    expect([asked, done]).toEqual([times, ["a", "b", "c"]]);
  });

  it.each([
    ["agent", 2],
    ["always", 1],
  ] as const)("with scope %s asks %i times in two runs", async (scope, times) => {
    let asked = 0;
    const approve = (): Decision => {
      asked += 1;
      return { allow: true, scope };
    };
    await start({ agents: { scribe: scribe(["a"]) }, approve });
    await supervisor.run("scribe", { input: "go" });
    await supervisor.run("scribe", { input: "go" });
    expect(asked).toBe(times);
  });

  it("takes the same decision twice, and refuses another one and unknown ids", async () => {
    await start({ agents: { scribe: scribe(["a"]) } });
    const run = supervisor.run("scribe", { input: "go" });
    const [{ id } = { id: "" }] = await questions();
    await supervisor.decide(id, { allow: true });
    await supervisor.decide(id, { allow: true });
    const unknown = { code: "APPROVAL_UNKNOWN" };
    await expect(supervisor.decide(id, { allow: false })).rejects.toMatchObject(unknown);
    await expect(supervisor.decide("nothing", { allow: true })).rejects.toMatchObject(unknown);
    await run;
    expect(done).toEqual(["a"]);
  });

  it("decides a batch at once", async () => {
    await start({ agents: { scribe: scribe(["a"]) } });
    const runs = ["x", "y", "z"].map((name) => supervisor.run("scribe", { name, input: "go" }));
    const asked = await questions(3);
    await supervisor.decide(
      asked.map(({ id }) => id),
      { allow: true },
    );
    for (const outcome of await Promise.all(runs)) expect(outcome.status).toBe("completed");
    expect(done).toHaveLength(3);
  });

  it("fails closed when nobody answers in time", async () => {
    const clock = new ManualClock();
    await start({ agents: { scribe: scribe(["a"]) }, clock, approvalTimeoutMs: 1000 });
    const codes = results();
    const run = supervisor.run("scribe", { input: "go" });
    const [asked] = await questions();
    clock.advance(999);
    expect(supervisor.approvals()).toHaveLength(1);
    clock.advance(1);
    expect(await run).toMatchObject({ status: "completed" });
    expect(codes).toEqual(["APPROVAL_TIMED_OUT"]);
    const late = supervisor.decide(asked?.id ?? "", { allow: true });
    await expect(late).rejects.toMatchObject({ code: "APPROVAL_UNKNOWN" });
    expect(done).toEqual([]);
  });

  it("is withdrawn by a cancel, and nothing starts afterwards", async () => {
    await start({ agents: { scribe: scribe(["a"]) } });
    const ref = await supervisor.spawn("scribe", { input: "go" });
    const [asked] = await questions();
    await ref.cancel();
    expect(supervisor.approvals()).toEqual([]);
    const late = supervisor.decide(asked?.id ?? "", { allow: true });
    await expect(late).rejects.toMatchObject({ code: "APPROVAL_UNKNOWN" });
    expect((await ref.outcome).status).toBe("cancelled");
    expect(done).toEqual([]);
  });

  it("stops the clock of the agent and of its parents while it waits", async () => {
    const clock = new ManualClock();
    const spawn = { name: "spawn_agent", input: { agent: "scribe", input: "go" } };
    const steps = [{ toolCalls: [spawn] }, { text: "led" }];
    const lead = {
      model: { provider: "scripted", steps },
      agents: ["scribe"],
      timeoutMs: 500,
    } as const;
    const agents = { lead, scribe: { ...scribe(["a"]), timeoutMs: 400 } };
    await start({ agents, clock, approvalTimeoutMs: 10_000 });
    const run = supervisor.run("lead", { input: "go" });
    const [asked] = await questions();
    clock.advance(5000);
    await supervisor.decide(asked?.id ?? "", { allow: true });
    expect(await run).toMatchObject({ status: "completed" });
    expect(done).toEqual(["a"]);
  });

  it("refuses when the callback throws, and says why", async () => {
    const approve = () => {
      throw new Error("the desk is empty");
    };
    await start({ agents: { scribe: scribe(["a"]) }, approve });
    const told: (string | undefined)[] = [];
    supervisor.on("tool.denied", ({ message }) => told.push(message));
    expect((await supervisor.run("scribe", { input: "go" })).status).toBe("completed");
    expect(told[0]).toContain("the desk is empty");
  });

  it("asks nobody about a call that the budget refuses anyway", async () => {
    const budget = { toolCalls: 0 };
    await start({ agents: { scribe: scribe(["a"]) }, budget });
    const codes = results();
    await supervisor.run("scribe", { input: "go" });
    expect(codes).toEqual(["BUDGET_EXCEEDED"]);
    expect(supervisor.approvals()).toEqual([]);
  });

  it("asks the budget again after the yes", async () => {
    await start({ agents: { scribe: scribe(["a"]) }, budget: { toolCalls: 1 } });
    const codes = results();
    const runs = ["x", "y"].map((name) => supervisor.run("scribe", { name, input: "go" }));
    const asked = await questions(2);
    for (const { id } of asked) await supervisor.decide(id, { allow: true });
    await Promise.all(runs);
    expect(codes.sort()).toEqual(["BUDGET_EXCEEDED", "ok"]);
    expect(done).toEqual(["a"]);
  });
});

describe("an agent's own question", () => {
  it("has the decision's answer as its value, on a thread", async () => {
    const machine = new URL("../fixtures/supervisor/asking-machine.ts", import.meta.url).href;
    await start({ threads: 1, agents: { asker: { machine } } });
    const run = supervisor.run("asker");
    const [asked] = await questions();
    expect(asked).toMatchObject({ kind: "question", input: "red or blue?" });
    await supervisor.decide(asked?.id ?? "", { allow: true, answer: "blue" });
    expect(await run).toMatchObject({ status: "completed", output: "blue" });
  });
});

describe("a budget that asks for more", () => {
  const budget = { toolCalls: 1, onExceeded: "ask" } as const;
  const free = (paths: readonly string[]) => ({ ...scribe(paths), grants: ["tool:*", "model:*"] });

  it("suspends the call that it refuses, and goes on with what was added", async () => {
    await start({ agents: { scribe: free(["a", "b", "c", "d"]) }, budget });
    const run = supervisor.run("scribe", { input: "go" });
    const [first] = await questions();
    expect(first).toMatchObject({ kind: "budget", subject: "budget:toolCalls", path: "/scribe" });
    await supervisor.decide(first?.id ?? "", { allow: true, answer: 2 });
    const [second] = await questions();
    expect(done).toEqual(["a", "b", "c"]);
    await supervisor.decide(second?.id ?? "", { allow: false });
    expect(await run).toMatchObject({ status: "completed", usage: { toolCalls: 3 } });
    expect(supervisor.budget().toolCalls).toMatchObject({ limit: 3, spent: 3 });
  });

  it("adds as much again when the answer says no amount", async () => {
    await start({ agents: { scribe: free(["a", "b"]) }, budget, approve: () => ({ allow: true }) });
    await supervisor.run("scribe", { input: "go" });
    expect(done).toEqual(["a", "b"]);
    expect(supervisor.budget().toolCalls.limit).toBe(2);
  });

  it("ends an agent as exhausted when a model call is not paid for", async () => {
    const refuse = { approve: () => ({ allow: false }) };
    const calls = { modelCalls: 1, onExceeded: "ask" } as const;
    await start({ agents: { scribe: free(["a"]) }, budget: calls, ...refuse });
    const outcome = await supervisor.run("scribe", { input: "go" });
    expect(outcome).toMatchObject({ status: "exhausted", unit: "modelCalls" });
  });

  it("is no yes to a call that a grant asks about", async () => {
    const asked: string[] = [];
    const approve = ({ kind }: PendingApproval): Decision => {
      asked.push(kind);
      return { allow: kind === "budget" };
    };
    const none = { toolCalls: 0, onExceeded: "ask" } as const;
    await start({ agents: { scribe: scribe(["a"]) }, budget: none, approve });
    await supervisor.run("scribe", { input: "go" });
    expect(asked).toEqual(["budget", "tool"]);
    expect(done).toEqual([]);
  });

  it("asks nobody where another budget of the path says stop", async () => {
    const inner = { ...free(["a", "b"]), budget: { toolCalls: 1 } };
    await start({ agents: { scribe: inner }, budget: { toolCalls: 9, onExceeded: "ask" } });
    const codes = results();
    await supervisor.run("scribe", { input: "go" });
    expect(codes).toEqual(["ok", "BUDGET_EXCEEDED"]);
  });
});

describe("what a model is shown", () => {
  it("leaves out tools that an agent may never use", async () => {
    const url = new URL("../fixtures/supervisor/tool-lister.ts", import.meta.url).href;
    const spec = { model: { provider: url }, tools: ["write"] } as const;
    await start({ agents: { open: spec, shut: { ...spec, grants: [{ deny: "tool:*" }] } } });
    expect(await supervisor.run("open", { input: "?" })).toMatchObject({ output: "write" });
    expect(await supervisor.run("shut", { input: "?" })).toMatchObject({ output: "none" });
  });
});

describe("a living agent's rights", () => {
  it("end with a revocation and come back with a grant, from the next call on", async () => {
    const open = { ...scribe(["a", "b", "c"]), grants: ["tool:*", "model:*"] };
    await start({ agents: { scribe: open } });
    const codes = results();
    const steps = [
      () => supervisor.revoke("/scribe", "tool:write"),
      () => supervisor.grant("/scribe", "tool:write"),
    ];
    const next = () => steps.shift()?.();
    supervisor.on("tool.finished", next).on("tool.denied", next);
    await supervisor.run("scribe", { input: "go" });
    expect(codes).toEqual(["ok", "CAPABILITY_DENIED", "ok"]);
    expect(() => supervisor.revoke("/nobody", "tool:*")).toThrow(/no agent/);
  });
});
