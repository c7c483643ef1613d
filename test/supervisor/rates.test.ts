import { describe, expect, it } from "vitest";
import {
  type AgentSpec,
  type AnyEvent,
  Supervisor,
  type SupervisorOptions,
} from "../../src/index.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { aWhile, call, countingTool, script, spawn } from "./scripts.ts";

const start = (options: SupervisorOptions) => Supervisor.start({ threads: 0, ...options });

const caller = (calls: number): AgentSpec => ({
  model: script(
    Array.from({ length: calls }, () => call("work")),
    "done",
  ),
  tools: ["work"],
});

function expectAtRest(supervisor: Supervisor, clock: ManualClock): void {
  const { atWork, calls, queues } = supervisor.stats();
  const none = { spawns: 0, budget: 0, rates: 0 };
  expect({ atWork, calls, queues }).toEqual({ atWork: 0, calls: 0, queues: none });
  for (const line of Object.values(supervisor.budget())) expect(line.reserved).toBe(0);
  expect(clock.armed).toBe(0);
}

/** Everything that needs no time is done. */
const settled = async (): Promise<void> => void (await aWhile());

describe("the rate of a tool", () => {
  it("lets its burst begin at once, and one call more each time its share has passed", async () => {
    const clock = new ManualClock();
    const { tool, count } = countingTool("work");
    const rates = { "tool:work": { perSecond: 2, burst: 3 } };
    await using supervisor = await start({ clock, rates, tools: [tool] });
    const run = supervisor.run(caller(6), { input: "go" });
    await expect.poll(() => [count.calls, supervisor.stats().queues.rates]).toEqual([3, 3]);
    await settled();
    // Nothing else is under way, so its slot is free for others.
    expect(supervisor.stats().atWork).toBe(0);
    for (const calls of [4, 5, 6]) {
      clock.advance(499);
      await settled();
      expect(count.calls).toBe(calls - 1);
      clock.advance(1);
      await settled();
      expect(count.calls).toBe(calls);
    }
    expect(await run).toMatchObject({ status: "completed", usage: { toolCalls: 6 } });
    expectAtRest(supervisor, clock);
  });

  it.each([
    ["was revoked", {}, (supervisor: Supervisor) => supervisor.revoke("/agent", "tool:work")],
    ["has expired", { expiresMs: 900 }, () => {}],
  ])("begins no call after its wait whose right %s meanwhile", async (_why, more, act) => {
    const clock = new ManualClock();
    const { tool, count } = countingTool("work");
    const rates = { "tool:work": { perSecond: 1 } };
    await using supervisor = await start({ clock, rates, tools: [tool], budget: { toolCalls: 2 } });
    const grants = ["model:*", { allow: "tool:work", ...more }];
    const denied: unknown[] = [];
    supervisor.on("tool.denied", ({ code }) => denied.push(code));
    const run = supervisor.run({ ...caller(2), grants }, { input: "go" });
    await expect.poll(() => [count.calls, supervisor.stats().queues.rates]).toEqual([1, 1]);
    act(supervisor);
    clock.advance(1_000);
    expect(await run).toMatchObject({ status: "completed", usage: { toolCalls: 1 } });
    expect([count.calls, denied]).toEqual([1, ["CAPABILITY_DENIED"]]);
    expectAtRest(supervisor, clock);
  });

  it("is shared by all agents, first come, first served", async () => {
    const clock = new ManualClock();
    const { tool } = countingTool("work");
    const rates = { "tool:*": { perSecond: 1 } };
    const agents = { one: caller(1) };
    await using supervisor = await start({
      clock,
      rates,
      tools: [tool],
      agents,
      limits: { concurrency: 1 },
    });
    const order: string[] = [];
    supervisor.on("tool.started", ({ path }) => order.push(path));
    const runs = Array.from({ length: 4 }, () => supervisor.run("one", { input: "go" }));
    for (let second = 0; second < 4; second++) {
      await expect.poll(() => order.length).toBe(second + 1);
      await settled();
      expect(order).toHaveLength(second + 1);
      clock.advance(1_000);
    }
    expect(order).toEqual(["/one", "/one-2", "/one-3", "/one-4"]);
    await Promise.all(runs);
    await settled();
    expectAtRest(supervisor, clock);
  });

  it("is waited for until a cancel: nothing begins, the count comes back", async () => {
    const clock = new ManualClock();
    const { tool, count } = countingTool("work");
    const rates = { "tool:work": { perSecond: 1 } };
    await using supervisor = await start({ clock, rates, tools: [tool], budget: { toolCalls: 9 } });
    const agent = await supervisor.spawn(caller(3), { input: "go" });
    await expect.poll(() => [count.calls, supervisor.stats().queues.rates]).toEqual([1, 2]);
    await agent.cancel("enough");
    expect(await agent.outcome).toMatchObject({ status: "cancelled", usage: { toolCalls: 1 } });
    clock.advance(10_000);
    await settled();
    expect(count.calls).toBe(1);
    expectAtRest(supervisor, clock);
  });

  it("refuses the call that finds too many waiting, as a result", async () => {
    const clock = new ManualClock();
    const { tool, count } = countingTool("work");
    const rates = { "tool:work": { perSecond: 1, queue: 1 } };
    await using supervisor = await start({ clock, rates, tools: [tool], budget: { toolCalls: 9 } });
    const run = supervisor.run(caller(3), { input: "go" });
    const denied: AnyEvent[] = [];
    supervisor.on("tool.denied", (event) => denied.push(event));
    await expect.poll(() => [count.calls, supervisor.stats().queues.rates]).toEqual([1, 1]);
    clock.advance(1_000);
    expect(await run).toMatchObject({ status: "completed", usage: { toolCalls: 2 } });
    expect([count.calls, denied.map(({ code }) => code)]).toEqual([2, ["QUEUE_FULL"]]);
    expectAtRest(supervisor, clock);
  });
});

describe("the rate of a model", () => {
  const usage = { inputTokens: 1, outputTokens: 1 };
  const talker: AgentSpec = { model: { provider: "scripted", steps: [{ text: "said", usage }] } };

  it("lets n begin and the next ones wait, whatever threads they live on", async () => {
    const clock = new ManualClock();
    const rates = { "model:scripted": { perSecond: 10, burst: 5 } };
    await using supervisor = await start({ threads: 2, clock, rates, agents: { talker } });
    const started: AnyEvent[] = [];
    supervisor.on("model.started", (event) => started.push(event));
    const runs = Array.from({ length: 8 }, () => supervisor.run("talker", { input: "go" }));
    await expect.poll(() => supervisor.stats().queues.rates).toBe(3);
    expect(started).toHaveLength(5);
    for (const each of [6, 7, 8]) {
      clock.advance(99);
      await settled();
      expect(started).toHaveLength(each - 1);
      clock.advance(1);
      await settled();
      expect(started).toHaveLength(each);
    }
    const outcomes = await Promise.all(runs);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["completed"]));
    expectAtRest(supervisor, clock);
  });

  it("gives back what was reserved when a cancel ends the wait", async () => {
    const clock = new ManualClock();
    const rates = { "model:*": { perSecond: 1 } };
    await using supervisor = await start({
      clock,
      rates,
      agents: { talker },
      budget: { tokens: 99 },
    });
    await supervisor.run("talker", { input: "go" });
    const waiting = await supervisor.spawn("talker", { input: "go" });
    await expect.poll(() => supervisor.stats().queues.rates).toBe(1);
    expect(supervisor.budget().tokens).toMatchObject({ spent: 2, reserved: 2 });
    await waiting.cancel();
    expect(supervisor.usage()).toMatchObject({ modelCalls: 1, inputTokens: 1 });
    clock.advance(10_000);
    expectAtRest(supervisor, clock);
  });
});

describe("limits.spawnRate", () => {
  const one: AgentSpec = { model: script("said") };

  it.each([1, 3])("lets %i start at once, and says when the next may", async (spawnRate) => {
    const clock = new ManualClock();
    await using supervisor = await start({ clock, limits: { spawnRate }, agents: { one } });
    const run = () => supervisor.run("one", { input: "go" });
    for (let n = 0; n < spawnRate; n++) await run();
    const retryAfterMs = Math.ceil(1_000 / spawnRate);
    const details = { node: "/", limit: "spawnRate", value: spawnRate, retryAfterMs };
    await expect(run()).rejects.toMatchObject({ code: "SPAWNS_EXCEEDED", details });
    clock.advance(retryAfterMs);
    await run();
    await expect(run()).rejects.toMatchObject({ code: "SPAWNS_EXCEEDED" });
  });

  it("of 0 allows none, at whichever node it stands", async () => {
    await using root = await start({ limits: { spawnRate: 0 }, agents: { one } });
    const refused = root.run("one", { input: "go" });
    await expect(refused).rejects.toMatchObject({ code: "SPAWNS_EXCEEDED", details: { value: 0 } });
    const lead: AgentSpec = { model: script([spawn("one")], "led"), agents: ["one"] };
    await using supervisor = await start({ agents: { lead, one } });
    const refusals: AnyEvent[] = [];
    supervisor.on("spawn.refused", (event) => refusals.push(event));
    const outcome = await supervisor.run("lead", { input: "go", limits: { spawnRate: 0 } });
    expect(outcome).toMatchObject({ status: "completed", output: "led" });
    expect(refusals).toMatchObject([{ path: "/lead", code: "SPAWNS_EXCEEDED" }]);
  });

  it("bounds a whole subtree, and not what is beside it", async () => {
    const spawns = [spawn("mid"), spawn("one"), spawn("one")];
    const agents = {
      lead: { model: script(spawns, "led"), agents: ["mid", "one"], limits: { spawnRate: 3 } },
      mid: { model: script([spawn("one"), spawn("one")], "led"), agents: ["one"] },
      one,
    };
    await using supervisor = await start({ clock: new ManualClock(), agents });
    const refusals: AnyEvent[] = [];
    supervisor.on("spawn.refused", (event) => refusals.push(event));
    await Promise.all([1, 2].map(() => supervisor.run("lead", { input: "go" })));
    expect(refusals).toHaveLength(4);
    expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(["SPAWNS_EXCEEDED"]));
  });

  it.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53])("%d is refused", async (spawnRate) => {
    const no = { code: "OPTIONS_INVALID" };
    await expect(start({ limits: { spawnRate } })).rejects.toMatchObject(no);
  });
});

it.each([
  { "tool:a": { perSecond: 0 } },
  { "tool:a": { perSecond: Number.NaN } },
  { "tool:a": { perSecond: 1, burst: 0 } },
  { "spawn:a": { perSecond: 1 } },
])("rates of %o are refused before anything starts", async (rates) => {
  await expect(start({ rates })).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
});

it("begins no model call after its wait whose right was revoked meanwhile", async () => {
  const clock = new ManualClock();
  const rates = { "model:scripted": { perSecond: 1 } };
  const one: AgentSpec = { model: script("said") };
  await using supervisor = await start({ clock, rates, agents: { one } });
  await supervisor.run("one", { input: "go" });
  const run = supervisor.run("one", { input: "go" });
  await expect.poll(() => supervisor.stats().queues.rates).toBe(1);
  supervisor.revoke("/one-2", "model:*");
  clock.advance(1_000);
  const error = { code: "CAPABILITY_DENIED" };
  expect(await run).toMatchObject({ status: "failed", error, usage: { modelCalls: 0 } });
  // The grace of the agent that failed.
  clock.advance(5_000);
  expectAtRest(supervisor, clock);
});
