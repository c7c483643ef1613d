import { afterEach, describe, expect, it } from "vitest";
import type { Decision } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { done, questions, results, scribe, start, supervisor } from "./approval-desk.ts";

afterEach(async () => supervisor.stop());

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

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["no boolean", { allow: "no" }],
    ["an unknown scope", { allow: true, scope: "forever" }],
    ["an unknown field", { allow: true, until: 5 }],
    ["what is no JSON", { allow: true, answer: 5n }],
  ])("refuses when the callback gives %s", async (_what, decision) => {
    const approve = () => decision as unknown as Decision;
    await start({ agents: { scribe: scribe(["a"]) }, approve });
    const codes = results();
    expect((await supervisor.run("scribe", { input: "go" })).status).toBe("completed");
    expect([codes, done]).toEqual([["APPROVAL_DENIED"], []]);
  });

  it("can be decided by whoever hears of it, and the agent's time then goes on", async () => {
    const clock = new ManualClock();
    const agent = { ...scribe(["a"]), lifetime: "session", timeoutMs: 1000 } as const;
    await start({ agents: { scribe: agent }, clock });
    supervisor.on("approval.requested", ({ id }) => {
      void supervisor.decide(String(id), { allow: true });
    });
    const ref = await supervisor.spawn("scribe", { input: "go" });
    await expect.poll(() => done).toEqual(["a"]);
    clock.advance(1000);
    expect((await ref.outcome).status).toBe("timed-out");
  });

  it("does not call back for what was decided before", async () => {
    let called = 0;
    const approve = () => {
      called += 1;
      return { allow: false };
    };
    await start({ agents: { scribe: scribe(["a"]) }, approve });
    supervisor.on("approval.requested", ({ id }) => {
      void supervisor.decide(String(id), { allow: true });
    });
    await supervisor.run("scribe", { input: "go" });
    expect([called, done]).toEqual([0, ["a"]]);
  });

  it("takes no id that is neither text nor a list of texts", async () => {
    await start({});
    const none = supervisor.decide(5 as unknown as string, { allow: true });
    await expect(none).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
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
