import { afterEach, describe, expect, it } from "vitest";
import type { Decision, Json, RuntimeEvent } from "../../src/index.ts";
import { asks, call, done, questions, scribe, start, supervisor } from "./approval-desk.ts";

afterEach(async () => supervisor.stop());

/** What the next call comes to, with every event of it. */
async function decided(decision: Decision) {
  await start({ agents: { scribe: scribe(["a"]) } });
  const events: RuntimeEvent[] = [];
  supervisor.on("*", (event) => events.push(event));
  const run = supervisor.run("scribe", { input: "go" });
  const [asked] = await questions();
  await supervisor.decide(asked?.id ?? "", decision);
  return { outcome: await run, events };
}

const of = (events: readonly RuntimeEvent[], type: string) =>
  events.filter((event) => event.type === type);

describe("a result that stands in for a tool", () => {
  it.each<[string, Json]>([
    ["text", "wrote a, by hand"],
    ["null", null],
    ["an object", { rows: [1, 2] }],
    ["an empty text", ""],
    ["false", false],
  ])(
    "is what the agent gets: %s; the tool is not run and nothing is charged",
    async (_, result) => {
      const { outcome, events } = await decided({ allow: true, result, by: "eve" });
      expect(outcome).toMatchObject({ status: "completed", usage: { toolCalls: 0 } });
      expect(done).toEqual([]);
      expect(of(events, "tool.started")).toEqual([]);
      const [finished, ...more] = of(events, "tool.finished");
      expect(more).toEqual([]);
      const told = { tool: "write", isError: false, result, standIn: true, by: "eve" };
      expect(finished).toMatchObject(told);
      expect(of(events, "approval.decided")).toMatchObject([{ allow: true, result, by: "eve" }]);
    },
  );

  it("comes from the callback as well", async () => {
    const approve = (): Decision => ({ allow: true, result: "by hand" });
    await start({ agents: { scribe: scribe(["a", "b"]) }, approve });
    const results: unknown[] = [];
    supervisor.on("tool.finished", ({ result }) => results.push(result));
    await supervisor.run("scribe", { input: "go" });
    expect([results, done]).toEqual([["by hand", "by hand"], []]);
  });

  it("counts as none of the uses of a grant, and answers no other question", async () => {
    const grants = [{ allow: "tool:write", ask: true, uses: 1 }, "model:*"];
    const steps = [{ toolCalls: [call("a"), call("b")] }, { text: "done" }];
    const model = { provider: "scripted", steps } as const;
    await start({ agents: { scribe: { model, tools: ["write"], grants } } });
    const run = supervisor.run("scribe", { input: "go" });
    const [first, second] = await questions(2);
    await supervisor.decide(first?.id ?? "", { allow: true, result: "by hand" });
    expect(supervisor.approvals().map(({ id }) => id)).toEqual([second?.id]);
    await supervisor.decide(second?.id ?? "", { allow: true });
    await run;
    expect(done).toEqual(["b"]);
  });

  it("serves a tool call whose budget is used up, which is not lifted by it", async () => {
    const budget = { toolCalls: 0, onExceeded: "ask" } as const;
    const spec = { ...scribe(["a"]), grants: ["tool:*", "model:*"], budget };
    await start({ agents: { scribe: spec } });
    const run = supervisor.run("scribe", { input: "go" });
    const [asked] = await questions();
    expect(asked).toMatchObject({ kind: "budget", subject: "budget:toolCalls" });
    await supervisor.decide(asked?.id ?? "", { allow: true, result: "by hand" });
    expect(await run).toMatchObject({ status: "completed", usage: { toolCalls: 0 } });
    expect(supervisor.budget("/scribe").toolCalls).toMatchObject({ limit: 0, spent: 0 });
    expect(done).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ["a refusal", { allow: false, result: 1 }, /a refusal has none/],
    ["a scope beyond the call", { allow: true, result: 1, scope: "agent" }, /leave `scope` out/],
    ["what is no JSON", { allow: true, result: { a: 1n } }, /result/],
    ["a circle", { allow: true, result: circle() }, /result/],
  ])("is refused with %s, and the question stays open", async (_, decision, message) => {
    await start({ agents: { scribe: scribe(["a"]) } });
    const run = supervisor.run("scribe", { input: "go" });
    const [asked] = await questions();
    await expect(supervisor.decide(asked?.id ?? "", decision as Decision)).rejects.toMatchObject({
      code: "OPTIONS_INVALID",
      message: expect.stringMatching(message),
    });
    expect(supervisor.approvals()).toHaveLength(1);
    await supervisor.decide(asked?.id ?? "", { allow: true });
    await run;
    expect(done).toEqual(["a"]);
  });

  it("is refused for a model call", async () => {
    const grants = [{ allow: "model:*", ask: true }, ...asks.slice(0, 1)];
    await start({ agents: { scribe: { ...scribe([]), grants } } });
    const run = supervisor.run("scribe", { input: "go" });
    const [asked] = await questions();
    const decision = { allow: true, result: "an answer" };
    await expect(supervisor.decide(asked?.id ?? "", decision)).rejects.toMatchObject({
      code: "OPTIONS_INVALID",
      message: expect.stringContaining("it is about no tool call"),
    });
    await supervisor.decide(asked?.id ?? "", { allow: true });
    expect(await run).toMatchObject({ status: "completed" });
  });

  it("is another decision than a bare yes, and twice the same", async () => {
    await start({ agents: { scribe: scribe(["a"]) } });
    const run = supervisor.run("scribe", { input: "go" });
    const [{ id } = { id: "" }] = await questions();
    await supervisor.decide(id, { allow: true, result: null });
    await supervisor.decide(id, { allow: true, result: null });
    await expect(supervisor.decide(id, { allow: true })).rejects.toMatchObject({
      code: "APPROVAL_UNKNOWN",
    });
    await run;
    expect(done).toEqual([]);
  });
});

function circle(): unknown {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
}
