import { describe, expect, it } from "vitest";
import {
  type AgentSpec,
  type AnyEvent,
  type CoppiceError,
  type Json,
  type ModelSpec,
  Supervisor,
} from "../../src/index.ts";
import { fail, say, startMessagesServer } from "../fixtures/messages-server.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";
import { call, countingTool, spawn } from "./scripts.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const fixture = (name: string): string =>
  new URL(`../fixtures/supervisor/${name}.ts`, import.meta.url).href;
const frail = fixture("frail-model");
const named = (model: string, options: { readonly [name: string]: Json } = {}): ModelSpec => {
  return { provider: frail, model, ...options };
};
const down = (model: string, more = {}): ModelSpec => named(model, { failsAt: [0, 1, 2], ...more });
const failing: ModelSpec = { provider: "scripted", steps: [{ error: "down" }], repeat: true };

/** The models that were asked, with their turns, as `a0`. */
function asked(seen: readonly AnyEvent[]): readonly string[] {
  return seen.flatMap(({ type, model, turn }) => {
    return type === "model.started" ? [`${String(model).split(":").at(-1)}${String(turn)}`] : [];
  });
}

describe.each([0, 2])("a model that failed for good, on %i threads", (threads) => {
  it("is replaced by the next one, for the same turn, through the whole door", async () => {
    await using open = await openSupervisor({ threads });
    const fallback = [down("b"), named("c"), named("d")];
    const outcome = await open.supervisor.run({ model: down("a"), fallback }, { input: "go" });
    // What the others began to say is no part of the conversation.
    expect(outcome).toMatchObject({ status: "completed", output: "c read 1" });
    expect(asked(open.seen)).toEqual(["a0", "b0", "c0"]);
    expect(outcome.usage).toMatchObject({ modelCalls: 3, inputTokens: 30, outputTokens: 15 });
    const finished = open.seen.filter(({ type }) => type === "model.finished");
    expect(finished.map(({ isError, code }) => [isError, code])).toEqual([
      [true, "MODEL_FAILED"],
      [true, "MODEL_FAILED"],
      [false, undefined],
    ]);
    expectAtRest(open);
  });

  it("is asked first again in the next turn, and its failure costs no turn", async () => {
    const { tool, count } = countingTool("work");
    const model: ModelSpec = {
      provider: "scripted",
      steps: [{ error: "down" }, { toolCalls: [call("work", { n: 1 })] }, { error: "down again" }],
    };
    const steps = [{ toolCalls: [call("work", { n: 2 })] }, { error: "never" }, { text: "done" }];
    const fallback: ModelSpec = { provider: "scripted", steps };
    const spec: AgentSpec = { model, fallback, tools: ["work"] };
    await using open = await openSupervisor({ threads, tools: [tool] });
    const enough = { input: "go", limits: { turns: 3 } };
    expect(await open.supervisor.run(spec, enough)).toMatchObject({ output: "done" });
    const turns = open.seen.filter(({ type }) => type === "model.started").map((e) => e.turn);
    expect(turns).toEqual([0, 0, 1, 2, 2]);
    expect(count.calls).toBe(2);
    const few = { input: "go", limits: { turns: 2 } };
    expect(await open.supervisor.run(spec, few)).toMatchObject({
      status: "exhausted",
      unit: "turns",
    });
    expectAtRest(open);
  });

  it("and whose last fallback fails too fails the agent, with what that one said", async () => {
    await using open = await openSupervisor({ threads });
    const spec = { model: down("a"), fallback: down("b") };
    const outcome = await open.supervisor.run(spec, { input: "go" });
    expect(outcome).toMatchObject({ status: "failed", partial: "half an ans" });
    const { error } = outcome as { error: CoppiceError };
    expect([error.code, error.message]).toEqual([
      "MODEL_FAILED",
      expect.stringContaining("b is down"),
    ]);
    expect(asked(open.seen)).toEqual(["a0", "b0"]);
    expectAtRest(open);
  });

  it("is replaced for a machine's call as well", async () => {
    await using open = await openSupervisor({ threads });
    const spec = { machine: fixture("asks-model"), model: failing, fallback: named("b") };
    const outcome = await open.supervisor.run(spec, { limits: { turns: 1 } });
    expect(outcome).toMatchObject({ output: { isError: false, value: { text: "b read 1" } } });
    expect(asked(open.seen)).toEqual(["scripted0", "b0"]);
    const none = await open.supervisor.run({ ...spec, fallback: [failing] });
    expect(none).toMatchObject({ output: { isError: true, error: { code: "MODEL_FAILED" } } });
    const over: ModelSpec = { provider: "scripted", steps: [] };
    const ranOut = await open.supervisor.run({ ...spec, model: over });
    expect(ranOut).toMatchObject({ output: { error: { code: "SCRIPT_EXHAUSTED" } } });
    expectAtRest(open);
  });

  it("is replaced by one at another price, which the budget is asked for", async () => {
    const usage = { inputTokens: 1_000, outputTokens: 0 };
    const priced = (priceAs: string, step: object): ModelSpec => {
      return { provider: "scripted", priceAs, steps: [{ ...step, usage }] };
    };
    const prices = { cheap: { input: 1, output: 1 }, dear: { input: 1_000, output: 1_000 } };
    const spec: AgentSpec = {
      model: priced("cheap", { error: "down" }),
      fallback: priced("dear", { text: "dear words" }),
    };
    await using open = await openSupervisor({ threads, prices });
    const run = (usd: number) => open.supervisor.run(spec, { input: "go", budget: { usd } });
    expect(await run(1.001)).toMatchObject({ status: "completed", usage: { usd: 1.001 } });
    expect(await run(1)).toMatchObject({
      status: "exhausted",
      unit: "usd",
      usage: { usd: 0.001 },
    });
    const costs = open.seen.flatMap(({ type, usd }) => (type === "model.finished" ? [usd] : []));
    expect(costs).toEqual([0.001, 1, 0.001]);
    expectAtRest(open);
  });
});

it("leaves no slot and no reservation behind of a hundred agents at once", async () => {
  const usage = { inputTokens: 10, outputTokens: 5 };
  const steps = [{ error: "down", delayMs: 1, usage }];
  const fallback: ModelSpec[] = [
    { provider: "scripted", steps },
    { provider: "scripted", steps: [{ text: "ok", delayMs: 1, usage }] },
  ];
  const loop: AgentSpec = { model: { provider: "scripted", steps }, fallback };
  const agents = { loop, machine: { ...loop, machine: fixture("asks-model") } };
  const limits = { concurrency: 4 };
  // Exactly what they use, so that the last of them may wait for what others give back.
  const budget = { tokens: 100 * 45 };
  await using open = await openSupervisor({ threads: 2, agents, limits, budget, breaker: false });
  const runs = Array.from({ length: 100 }, (_, n) =>
    open.supervisor.run(n % 2 === 0 ? "loop" : "machine", { input: "go" }),
  );
  const outcomes = await Promise.all(runs);
  expect(outcomes.filter(({ status }) => status === "completed")).toHaveLength(100);
  expect(open.supervisor.usage()).toMatchObject({ modelCalls: 300, inputTokens: 3_000 });
  expect(open.supervisor.budget().tokens.remaining).toBe(0);
  expectAtRest(open);
});

describe("a fallback", () => {
  it("has the rights that its spec implies, also below a lead", async () => {
    const worker = { model: down("a"), fallback: named("b") };
    const lead: AgentSpec = {
      model: { provider: "scripted", steps: [{ toolCalls: [spawn("worker")] }, { text: "ok" }] },
      agents: ["worker"],
    };
    await using supervisor = await Supervisor.start({ threads: 0, agents: { lead, worker } });
    const outcomes: unknown[] = [];
    supervisor.on("agent.stopped", ({ outcome }) => outcomes.push(outcome));
    await supervisor.run("lead", { input: "go" });
    expect(outcomes).toMatchObject([{ path: "/lead/worker", output: "b read 1" }, {}]);
  });

  it("that is not granted is passed over; where none is left the failure stands", async () => {
    const grants = ["model:*", { deny: `model:${frail}` }];
    await using open = await openSupervisor({ threads: 0, grants });
    const { supervisor } = open;
    const last: ModelSpec = { provider: "scripted", steps: [{ text: "last" }] };
    const [passed, none] = [
      await supervisor.run({ model: failing, fallback: [named("b"), last] }, { input: "go" }),
      await supervisor.run({ model: failing, fallback: named("b") }, { input: "go" }),
    ];
    expect(passed).toMatchObject({ status: "completed", output: "last" });
    expect(none).toMatchObject({ status: "failed", error: { code: "MODEL_FAILED" } });
    expect((none as { error: CoppiceError }).error.message).toContain("down");
    expect(asked(open.seen)).toEqual(["scripted0", "scripted0", "scripted0"]);
    expectAtRest(open);
  });

  it("is asked for by itself where a person must allow each model", async () => {
    const subjects: string[] = [];
    await using open = await openSupervisor({
      threads: 0,
      grants: [{ allow: "model:*", ask: true }],
      approve: ({ subject }) => {
        subjects.push(subject);
        return { allow: true };
      },
    });
    const spec: AgentSpec = { model: failing, fallback: named("b"), grants: ["model:*"] };
    expect(await open.supervisor.run(spec, { input: "go" })).toMatchObject({ output: "b read 1" });
    expect(subjects).toEqual(["model:scripted", `model:${frail}`]);
    expect(asked(open.seen)).toEqual(["scripted0", "b0"]);
    expectAtRest(open);
  });

  it.each<[string, ModelSpec, string]>([
    ["a script that ran out", { provider: "scripted", steps: [] }, "SCRIPT_EXHAUSTED"],
    ["a refusal to answer", named("a", { refuses: true }), "MODEL_FAILED"],
    [
      "a mistake in its options",
      { provider: "anthropic", model: "claude-x", baseUrl: "ftp://nowhere" },
      "OPTIONS_INVALID",
    ],
  ])("is not asked after %s", async (_, model, code) => {
    await using open = await openSupervisor({ threads: 0 });
    const fallback: ModelSpec = { provider: "scripted", steps: [{ text: "never" }] };
    const outcome = await open.supervisor.run({ model, fallback }, { input: "go" });
    expect(outcome).toMatchObject({ status: "failed", error: { code } });
    expect(asked(open.seen)).toHaveLength(1);
  });

  it("is not asked once its agent was cancelled", async () => {
    await using open = await openSupervisor({ threads: 0 });
    const model: ModelSpec = { provider: "scripted", steps: [{ error: "down", delayMs: 60_000 }] };
    const agent = await open.supervisor.spawn({ model, fallback: named("b") }, { input: "go" });
    await open.until("model.started");
    await agent.cancel("enough");
    expect(await agent.outcome).toMatchObject({ status: "cancelled" });
    expect(asked(open.seen)).toEqual(["scripted0"]);
    expectAtRest(open);
  });

  it("answers for a service that is down, and is another model of it", async () => {
    await using server = await startMessagesServer({
      reply: ({ body }) =>
        body.model === "claude-a"
          ? fail(529, "overloaded_error", "Overloaded", { "x-should-retry": "false" })
          : say("from b"),
    });
    const model = { provider: "anthropic", model: "claude-a", baseUrl: server.url } as const;
    await using open = await openSupervisor({ threads: 1 });
    const spec = { model, fallback: { ...model, model: "claude-b" } };
    const outcome = await open.supervisor.run(spec, { input: "go" });
    expect(outcome).toMatchObject({ status: "completed", output: "from b" });
    expect(asked(open.seen)).toEqual(["claude-a0", "claude-b0"]);
  });

  it.each<[string, AgentSpec]>([
    ["without a model", { machine: fixture("asks-model"), fallback: named("b") }],
    ["that cannot be read", { model: failing, fallback: ["gpt"] }],
    ["of a loop that needs a key beside a module", { model: "anthropic:x", fallback: frail }],
  ])("%s is refused at the start", async (_, agent) => {
    const started = Supervisor.start({ threads: 0, agents: { agent } });
    await expect(started).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
  });

  it("without a price is refused where dollars are bounded", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, budget: { usd: 1 } });
    const run = supervisor.run({ model: failing, fallback: named("b") }, { input: "go" });
    await expect(run).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
  });
});

it("goes on in the same turn with the same model when it loses its host at any event", async () => {
  const steps = (more: object[]) => [{ toolCalls: [call("work", { n: 1 })] }, ...more];
  const agents: Record<string, AgentSpec> = {
    frail: {
      model: { provider: "scripted", steps: steps([{ error: "down", delayMs: 1 }]) },
      fallback: { provider: "scripted", steps: steps([{ text: "done", delayMs: 1 }]) },
      tools: ["work"],
      limits: { turns: 2 },
    },
  };
  let at = 0;
  for (let isLost = true; isLost; ) {
    at += 1;
    isLost = false;
    const { tool, count } = countingTool("work");
    await using open = await openSupervisor({ threads: 0, agents, tools: [tool] });
    let happened = 0;
    open.supervisor.on("*", ({ path }) => {
      if (path !== "/frail") return;
      happened += 1;
      if (happened !== at) return;
      isLost = true;
      open.loseHostOf("/frail");
    });
    const outcome = await open.supervisor.run("frail", { input: "go", timeoutMs: 60_000 });
    expect([at, outcome]).toMatchObject([at, { status: "completed", output: "done" }]);
    expect([at, count.calls]).toEqual([at, 1]);
    expectAtRest(open);
  }
  expect(at).toBeGreaterThan(10);
});
