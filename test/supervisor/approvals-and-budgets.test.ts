import { afterEach, describe, expect, it } from "vitest";
import type { Decision, Grant, PendingApproval } from "../../src/index.ts";
import {
  asks,
  call,
  done,
  questions,
  results,
  scribe,
  start,
  supervisor,
} from "./approval-desk.ts";

afterEach(async () => supervisor.stop());

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

  it.each([0, -5, 1.5, Number.NaN, Infinity, 2 ** 53, "3", null])(
    "is not lifted by %j, and can be decided again",
    async (answer) => {
      await start({ agents: { scribe: free(["a", "b"]) }, budget });
      const run = supervisor.run("scribe", { input: "go" });
      const [{ id } = { id: "" }] = await questions();
      const no = supervisor.decide(id, { allow: true, answer });
      await expect(no).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
      expect(supervisor.budget().toolCalls.limit).toBe(1);
      await supervisor.decide(id, { allow: true, answer: 1 });
      expect(await run).toMatchObject({ status: "completed", usage: { toolCalls: 2 } });
    },
  );

  it("refuses when the callback gives an amount that is none", async () => {
    const approve = () => ({ allow: true, answer: 1e300 });
    await start({ agents: { scribe: free(["a", "b"]) }, budget, approve });
    const codes = results();
    expect((await supervisor.run("scribe", { input: "go" })).status).toBe("completed");
    expect(codes).toEqual(["ok", "BUDGET_EXCEEDED"]);
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

describe("a yes to one question", () => {
  const many = (calls: readonly string[], grants: readonly Grant[]) => ({
    model: {
      provider: "scripted",
      steps: [{ toolCalls: calls.map(call) }, { text: "done" }],
    } as const,
    tools: ["write"],
    grants,
  });
  const nine = [..."abcdefghi"];

  it("lifts a budget once for all that stand before it", async () => {
    const budget = { toolCalls: 2, onExceeded: "ask" } as const;
    await start({ agents: { scribe: many(nine, ["tool:*", "model:*"]) }, budget });
    const run = supervisor.run("scribe", { input: "go" });
    const asked = await questions(7);
    await supervisor.decide(asked[0]?.id ?? "", { allow: true, answer: 8 });
    expect(supervisor.approvals()).toEqual([]);
    await run;
    expect([done.length, supervisor.budget().toolCalls.limit]).toEqual([9, 10]);
  });

  it.each([
    ["agent", 0],
    ["once", 2],
  ] as const)("of scope %s leaves %i of three open", async (scope, left) => {
    await start({ agents: { scribe: many(["a", "b", "c"], asks) } });
    const ref = await supervisor.spawn("scribe", { input: "go" });
    const asked = await questions(3);
    await supervisor.decide(asked[0]?.id ?? "", { allow: true, scope });
    expect(supervisor.approvals()).toHaveLength(left);
    await ref.cancel();
  });
});

describe("a listener", () => {
  it("cannot change what a call is", async () => {
    await start({ agents: { scribe: { ...scribe(["a"]), grants: ["tool:*", "model:*"] } } });
    supervisor.on("tool.requested", ({ input }) => {
      (input as { path: string }).path = "elsewhere";
    });
    await supervisor.run("scribe", { input: "go" });
    expect(done).toEqual(["a"]);
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
    expect(() => supervisor.revoke("/scribe", "tool:*")).toThrow(/has ended/);
    expect(() => supervisor.grant("/scribe", "tool:*")).toThrow(/has ended/);
    await supervisor.stop();
    expect(() => supervisor.grant("/", "tool:*")).toThrow(/no new agents/);
  });
});
