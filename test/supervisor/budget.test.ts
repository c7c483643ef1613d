import { describe, expect, it } from "vitest";
import {
  type AgentSpec,
  type AnyEvent,
  type Budget,
  type ModelSpec,
  type Outcome,
  Supervisor,
  type SupervisorOptions,
} from "../../src/index.ts";
import { aWhile, call, countingTool, script, spawn } from "./scripts.ts";

const slowModel = new URL("../fixtures/supervisor/slow-model.ts", import.meta.url).href;
const slow = (maxTokens: number, more: object = {}): ModelSpec => ({
  provider: slowModel,
  maxTokens,
  ...more,
});
const caller: AgentSpec = { model: script([call("work")], "done"), tools: ["work"] };
const costly = (tokens: number, steps = 1): AgentSpec => ({
  model: {
    provider: "scripted",
    steps: Array.from({ length: steps }, (_, at) => ({
      text: "said",
      usage: { inputTokens: tokens - 1, outputTokens: 1 },
      ...(at < steps - 1 ? { toolCalls: [call("work")] } : {}),
    })),
  },
});

function expectNothingReserved(supervisor: Supervisor): void {
  for (const line of Object.values(supervisor.budget())) expect(line.reserved).toBe(0);
  expect(supervisor.stats()).toMatchObject({ atWork: 0, queues: { spawns: 0, budget: 0 } });
}

function collect(supervisor: Supervisor, type: AnyEvent["type"]): AnyEvent[] {
  const events: AnyEvent[] = [];
  supervisor.on(type, (event) => events.push(event));
  return events;
}

it("of 200 agents that race for 50 tool calls on two threads exactly 50 make one", async () => {
  const { tool, count } = countingTool("work", aWhile);
  await using supervisor = await Supervisor.start({
    threads: 2,
    tools: [tool],
    budget: { toolCalls: 50 },
    agents: { caller },
  });
  const denied = collect(supervisor, "tool.denied");
  const finished = collect(supervisor, "tool.finished");
  const runs = Array.from({ length: 200 }, () => supervisor.run("caller", { input: "go" }));
  const outcomes = await Promise.all(runs);
  // A refused tool call is a result that the model reads: it goes on, and ends as it wants.
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["completed"]));
  expect([count.calls, finished.length, denied.length]).toEqual([50, 50, 150]);
  expect(new Set(denied.map(({ code }) => code))).toEqual(new Set(["BUDGET_EXCEEDED"]));
  expect(supervisor.budget().toolCalls).toEqual({
    limit: 50,
    reserved: 0,
    spent: 50,
    remaining: 0,
  });
  expect(supervisor.usage()).toMatchObject({ toolCalls: 50, modelCalls: 400 });
});

type HostHandle = "the root" | "the spec" | "the options";

describe.each(["the root", "the spec", "the options"] as const)(
  "written at %s",
  (place: HostHandle) => {
    async function run(budget: Budget, spec: AgentSpec): Promise<[Outcome, Supervisor, number]> {
      const { tool, count } = countingTool("work");
      const inSpec = place === "the spec" ? { budget } : {};
      const supervisor = await Supervisor.start({
        threads: 0,
        tools: [tool],
        agents: { one: { ...spec, tools: ["work"], ...inSpec } },
        ...(place === "the root" ? { budget } : {}),
      });
      const options = place === "the options" ? { budget } : {};
      try {
        const outcome = await supervisor.run("one", { input: "go", ...options });
        return [outcome, supervisor, count.calls];
      } finally {
        expectNothingReserved(supervisor);
        await supervisor.stop();
      }
    }

    it.each([0, 1, 2])("toolCalls: %i are made and one more is told so", async (toolCalls) => {
      const steps = Array.from({ length: toolCalls + 1 }, () => [call("work")]);
      const [outcome, , calls] = await run({ toolCalls }, { model: script(...steps, "done") });
      expect(outcome).toMatchObject({ status: "completed", usage: { toolCalls } });
      expect(calls).toBe(toolCalls);
    });

    it.each([1, 2])("modelCalls: %i are made and one more exhausts it", async (modelCalls) => {
      const steps = Array.from({ length: 2 }, () => [call("work")]);
      const [outcome] = await run({ modelCalls }, { model: script(...steps, "done") });
      expect(outcome).toMatchObject({
        status: "exhausted",
        unit: "modelCalls",
        usage: { modelCalls },
      });
      const [enough] = await run({ modelCalls: 3 }, { model: script(...steps, "done") });
      expect(enough.status).toBe("completed");
    });

    it.each([
      [200, "completed", 200],
      [199, "exhausted", 100],
      [100, "exhausted", 100],
    ] as const)("tokens: %i for two calls of 100 end %s", async (tokens, status, used) => {
      const [outcome] = await run({ tokens }, costly(100, 2));
      expect(outcome.status).toBe(status);
      const { inputTokens, outputTokens } = outcome.usage;
      expect(inputTokens + outputTokens).toBe(used);
      if (status === "exhausted")
        expect(outcome).toMatchObject({ unit: "tokens", partial: "said" });
    });

    it.each([{ modelCalls: 0 }, { tokens: 0 }, { tokens: 99 }])(
      "%j refuses who could not even begin",
      async (budget) => {
        const refused = run(budget, costly(100));
        await expect(refused).rejects.toMatchObject({ code: "BUDGET_EXCEEDED" });
      },
    );

    it("unlimited where it is left out, which is something else than 0", async () => {
      const [outcome, supervisor] = await run({ toolCalls: 0 }, { model: script("said") });
      const path = place === "the root" ? "/" : outcome.path;
      const lines = JSON.parse(JSON.stringify(supervisor.budget(path)));
      expect(lines.toolCalls).toEqual({ limit: 0, reserved: 0, spent: 0, remaining: 0 });
      expect(lines.usd).toEqual({ limit: null, reserved: 0, spent: 0, remaining: null });
      expect(outcome.status).toBe("completed");
    });
  },
);

describe("a model with a price", () => {
  const priced: AgentSpec = {
    model: { provider: "anthropic", model: "claude-sonnet-4-5", baseUrl: "http://127.0.0.1:9" },
  };

  it("is not called at all on a budget of 0 dollars", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, budget: { usd: 0 } });
    const started = collect(supervisor, "model.started");
    const refused = supervisor.run(priced, { input: "go" });
    await expect(refused).rejects.toMatchObject({ code: "BUDGET_EXCEEDED" });
    expect(started).toEqual([]);
    expect(supervisor.tree().children).toEqual([]);
  });
});

describe("agents whose reservations are in each other's way", () => {
  it("wait, and all finish", async () => {
    await using supervisor = await Supervisor.start({
      threads: 2,
      budget: { tokens: 10_000 },
      agents: { one: { model: slow(4_096) } },
    });
    let waited = 0;
    let reserved = 0;
    supervisor.on("*", () => {
      waited = Math.max(waited, supervisor.stats().queues.budget);
      reserved = Math.max(reserved, supervisor.budget().tokens.reserved);
    });
    const runs = Array.from({ length: 40 }, () => supervisor.run("one", { input: "go" }));
    const outcomes = await Promise.all(runs);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["completed"]));
    expect(waited).toBeGreaterThan(5);
    expect(reserved).toBeLessThanOrEqual(10_000);
    expect(supervisor.budget().tokens).toMatchObject({ reserved: 0, spent: 800, remaining: 9_200 });
    expectNothingReserved(supervisor);
  });

  it("give their slot back while they wait", async () => {
    await using supervisor = await Supervisor.start({
      threads: 0,
      limits: { concurrency: 2 },
      agents: {
        lead: {
          model: script([spawn("one"), spawn("one"), spawn("one")], "led"),
          agents: ["one"],
          budget: { tokens: 1_500 },
        },
        one: { model: slow(1_024) },
        speaker: { model: script("said") },
      },
    });
    const led = supervisor.run("lead", { input: "go", timeoutMs: 60_000 });
    const other = await supervisor.run("speaker", { input: "go" });
    expect([other.status, (await led).status]).toEqual(["completed", "completed"]);
    expectNothingReserved(supervisor);
  });

  it("end exhausted when the rest would not do even if all came back", async () => {
    await using supervisor = await Supervisor.start({
      threads: 0,
      budget: { tokens: 5_000 },
      agents: { one: { model: slow(4_096, { inputTokens: 10, outputTokens: 4_000 }) } },
    });
    const runs = Array.from({ length: 5 }, () => supervisor.run("one", { input: "go" }));
    const statuses = (await Promise.all(runs)).map(({ status }) => status);
    expect(statuses.filter((status) => status === "completed")).toHaveLength(1);
    expect(statuses.filter((status) => status === "exhausted")).toHaveLength(4);
    expectNothingReserved(supervisor);
  });

  it("are cancelled while they wait, and nothing stays reserved", async () => {
    await using supervisor = await Supervisor.start({
      threads: 0,
      budget: { tokens: 1_500 },
      agents: { one: { model: slow(1_024) } },
    });
    const first = await supervisor.spawn("one", { input: "go" });
    const second = await supervisor.spawn("one", { input: "go" });
    while (supervisor.stats().queues.budget === 0) await aWhile();
    const waiting = supervisor.usage({ path: second.path }).modelCalls === 0 ? second : first;
    await waiting.cancel("never mind");
    expect(await waiting.outcome).toMatchObject({ status: "cancelled", usage: { inputTokens: 0 } });
    await Promise.all([first.outcome, second.outcome]);
    expectNothingReserved(supervisor);
  });
});

describe("a child", () => {
  const child = costly(100);
  const start = (lead: AgentSpec, one: AgentSpec, more: SupervisorOptions = {}) =>
    Supervisor.start({ threads: 0, agents: { lead: { ...lead, agents: ["one"] }, one }, ...more });

  it("spends from its parent's budget, however much it has of its own", async () => {
    const lead: AgentSpec = {
      model: script([spawn("one")], [spawn("one")], [spawn("one")], "led"),
      budget: { tokens: 250 },
    };
    await using supervisor = await start(lead, { ...child, budget: { tokens: 1_000_000 } });
    const stopped = collect(supervisor, "agent.stopped");
    const refused = collect(supervisor, "spawn.refused");
    const outcome = await supervisor.run("lead", { input: "go" });
    expect(outcome).toMatchObject({ status: "completed", usage: { inputTokens: 198 } });
    expect(stopped.map(({ path }) => path)).toEqual(["/lead/one", "/lead/one-2", "/lead"]);
    expect(refused).toMatchObject([{ path: "/lead", code: "BUDGET_EXCEEDED" }]);
    expect(supervisor.usage()).toEqual(outcome.usage);
  });

  it("that is exhausted tells its parent, as the call's result or as a message", async () => {
    for (const background of [false, true]) {
      const lead: AgentSpec = { model: script([spawn("one", { background })], "led", "led again") };
      await using supervisor = await start(lead, { ...costly(100, 2), budget: { tokens: 150 } });
      const stopped = collect(supervisor, "agent.stopped");
      const refused = collect(supervisor, "budget.refused");
      const outcome = await supervisor.run("lead", { input: "go", timeoutMs: 60_000 });
      const output = background ? "led again" : "led";
      expect(outcome).toMatchObject({ status: "completed", output });
      expect(refused).toMatchObject([{ path: "/lead/one", unit: "tokens" }]);
      expect(stopped[0]?.outcome).toMatchObject({
        path: "/lead/one",
        status: "exhausted",
        unit: "tokens",
        partial: "said",
      });
    }
  });

  it("keeps the tighter of what its template and its parents say, unit by unit", async () => {
    const lead: AgentSpec = { model: script([spawn("one")], "led"), budget: { modelCalls: 2 } };
    await using supervisor = await start(lead, { ...child, budget: { tokens: 500 } });
    const outcome = await supervisor.run("lead", { input: "go", budget: { tokens: 300 } });
    // The lead's second call is the third below it.
    expect(outcome).toMatchObject({ status: "exhausted", unit: "modelCalls" });
    expect(supervisor.budget("/lead/one").tokens).toMatchObject({ limit: 500, spent: 100 });
    expect(supervisor.budget("/lead").tokens).toMatchObject({ limit: 300, spent: 100 });
  });
});

it("a machine that ends while its model answers has spent what was reserved", async () => {
  const machine = new URL("../fixtures/supervisor/hasty-machine.ts", import.meta.url).href;
  const usage = { inputTokens: 90, outputTokens: 10 };
  const steps = [{ text: "late", usage, delayMs: 60_000 }];
  await using supervisor = await Supervisor.start({
    threads: 1,
    budget: { tokens: 150 },
    agents: { hasty: { machine, model: { provider: "scripted", steps } } },
  });
  const finished = collect(supervisor, "model.finished");
  for (const spent of [100, 100]) {
    const agent = await supervisor.spawn("hasty");
    const asked = Promise.withResolvers<void>();
    supervisor.once("model.started", () => asked.resolve());
    supervisor.once("budget.refused", () => asked.resolve());
    await asked.promise;
    agent.tell({ type: "leave" });
    await agent.outcome;
    expect(supervisor.budget().tokens).toMatchObject({ reserved: 0, spent });
  }
  expect(finished).toMatchObject([{ path: "/hasty", estimated: true, usage, usd: 0 }]);
});

it("a listener may cancel what it is warned of", async () => {
  await using supervisor = await Supervisor.start({
    threads: 0,
    budget: { tokens: 1_000 },
    agents: { one: { ...costly(900), lifetime: "session" } },
  });
  const warnings = collect(supervisor, "budget.warning");
  supervisor.on("budget.warning", () => void supervisor.cancel("/", "nearly spent"));
  const outcome = await supervisor.run("one", { input: "go" });
  expect(outcome).toMatchObject({ status: "cancelled", reason: "nearly spent" });
  expect(warnings).toMatchObject([{ path: "/", unit: "tokens", limit: 1_000, spent: 900 }]);
});
