import { describe, expect, it } from "vitest";
import { CircuitBreaker } from "../../src/authority/circuit-breaker.ts";
import {
  type AgentRef,
  type AgentSpec,
  type CoppiceError,
  type Decision,
  type ModelSpec,
  type ScriptedStep,
  Supervisor,
  type SupervisorOptions,
} from "../../src/index.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import type { Node } from "../../src/kernel/node.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";

const model: ModelSpec = { provider: "anthropic", model: "claude-a" };
const other: ModelSpec = { provider: "anthropic", model: "claude-b" };
const elsewhere: ModelSpec = { ...model, baseUrl: "http://127.0.0.1:1" };

function failTimes(breaker: CircuitBreaker, count: number, now = 0): void {
  for (let n = 0; n < count; n += 1) breaker.failed(model, `c${n}`, now);
}

describe("a circuit", () => {
  it.each([
    [{}, 5, 30_000],
    [{ failures: 1, openMs: 7 }, 1, 7],
    [{ openMs: 9_000, maxOpenMs: 8_000 }, 5, 8_000],
  ])("of %j opens with failure %i in a row, for %i ms", (options, failures, openMs) => {
    const breaker = new CircuitBreaker(options);
    failTimes(breaker, failures - 1, 100);
    expect(breaker.waitMs(model, 100)).toBe(0);
    failTimes(breaker, 1, 100);
    expect(breaker.waitMs(model, 100)).toBe(openMs);
    expect(breaker.waitMs(model, 99 + openMs)).toBe(1);
    expect(breaker.waitMs(model, 100 + openMs)).toBe(0);
  });

  it("begins to count anew with an answer, and not with a call that says nothing", () => {
    const breaker = new CircuitBreaker();
    failTimes(breaker, 4);
    breaker.ended(model, "c");
    expect(breaker.waitMs(model, 0)).toBe(0);
    breaker.answered(model);
    failTimes(breaker, 4);
    expect(breaker.waitMs(model, 0)).toBe(0);
    failTimes(breaker, 1);
    expect(breaker.waitMs(model, 0)).toBe(30_000);
  });

  it("is that of one model of one service, and of one script", () => {
    const breaker = new CircuitBreaker({ failures: 1 });
    const script: ModelSpec = { provider: "scripted", steps: [] };
    failTimes(breaker, 1);
    breaker.failed(script, "s", 0);
    const open = [model, { ...model }, other, elsewhere, script, { ...script }];
    expect(open.map((one) => breaker.waitMs(one, 0) > 0)).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  it("lets one probe through once its time is over, and closes with its answer", () => {
    const breaker = new CircuitBreaker();
    failTimes(breaker, 5);
    breaker.begin(model, "probe", 30_000);
    expect(breaker.waitMs(model, 30_000)).toBe(30_000);
    breaker.answered(model);
    expect(breaker.waitMs(model, 30_000)).toBe(0);
    failTimes(breaker, 4, 30_000);
    expect(breaker.waitMs(model, 30_000)).toBe(0);
  });

  it("stays open twice as long with each probe that fails, up to five minutes", () => {
    const breaker = new CircuitBreaker();
    failTimes(breaker, 5);
    let now = 0;
    const waits: number[] = [];
    for (let probe = 0; probe < 6; probe += 1) {
      now += breaker.waitMs(model, now);
      breaker.begin(model, `p${probe}`, now);
      breaker.failed(model, "late, of before", now);
      expect(breaker.waitMs(model, now)).toBeGreaterThan(0);
      breaker.failed(model, `p${probe}`, now);
      waits.push(breaker.waitMs(model, now));
    }
    expect(waits).toEqual([60_000, 120_000, 240_000, 300_000, 300_000, 300_000]);
  });

  it("lets the next probe through when one was cancelled, or its agent is gone", () => {
    const breaker = new CircuitBreaker();
    failTimes(breaker, 5);
    breaker.begin(model, "/a#1.1", 30_000);
    breaker.ended(model, "/b#1.1");
    breaker.endedAll("/b#");
    expect(breaker.waitMs(model, 30_000)).toBe(30_000);
    breaker.ended(model, "/a#1.1");
    expect(breaker.waitMs(model, 30_000)).toBe(0);
    breaker.begin(model, "/a#1.2", 30_000);
    breaker.endedAll("/a#");
    expect(breaker.waitMs(model, 30_000)).toBe(0);
  });

  it("lets another probe through when one hangs for as long as the circuit was open", () => {
    const breaker = new CircuitBreaker();
    failTimes(breaker, 5);
    breaker.begin(model, "hangs", 40_000);
    expect(breaker.waitMs(model, 69_999)).toBe(1);
    expect(breaker.waitMs(model, 70_000)).toBe(0);
    breaker.begin(model, "next", 70_000);
    breaker.failed(model, "hangs", 70_001);
    expect(breaker.waitMs(model, 70_001)).toBe(29_999);
    breaker.answered(model);
    expect(breaker.waitMs(model, 70_001)).toBe(0);
  });

  it("never opens where there is no breaker", () => {
    const breaker = new CircuitBreaker(false);
    failTimes(breaker, 1_000);
    expect(breaker.waitMs(model, 0)).toBe(0);
  });
});

/** A script whose first calls fail, then all answer; every agent of it begins at its own step. */
const down: ModelSpec = { provider: "scripted", steps: [{ error: "down" }] };
const answers: ModelSpec = { provider: "scripted", steps: [{ text: "from another" }] };
const alone: AgentSpec = { model: down };
const backed: AgentSpec = { model: down, fallback: answers };

function swarm(options: SupervisorOptions = {}) {
  const clock = new ManualClock();
  const agents = { alone, backed };
  return { clock, opened: openSupervisor({ threads: 0, clock, agents, ...options }) };
}

async function fail({ supervisor }: OpenSupervisor, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    expect(await supervisor.run("alone", { input: "go" })).toMatchObject({ status: "failed" });
  }
}

const soon = { timeoutMs: 60_000 };

/** Three sessions of a model whose circuit their first turns have opened, for 50 ms. */
async function threeWhoFailed(next: ScriptedStep) {
  const steps = [{ error: "down" }, next, { error: "down again" }];
  const frail: AgentSpec = {
    model: { provider: "scripted", steps },
    fallback: { provider: "scripted", steps: [{ text: "another" }], repeat: true },
    lifetime: "session",
  };
  const { clock, opened } = swarm({ agents: { frail }, breaker: { failures: 3, openMs: 50 } });
  const open = await opened;
  const refs: AgentRef[] = [];
  for (let n = 1; n <= 3; n += 1) {
    refs.push(await open.supervisor.spawn("frail", { input: "go" }));
    await open.until("agent.state", ({ state }) => state === "waiting", n);
  }
  return {
    open,
    clock,
    refs: refs as [AgentRef, AgentRef, AgentRef],
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  };
}

const started = ({ seen }: OpenSupervisor) => seen.filter((e) => e.type === "model.started").length;

describe("a model that keeps failing", () => {
  it("is not asked a sixth time: the agent fails at once and is told for how long", async () => {
    const { clock, opened } = swarm();
    await using open = await opened;
    await fail(open, 5);
    expect(started(open)).toBe(5);
    clock.advance(10_000);
    const outcome = await open.supervisor.run("alone", { input: "go" });
    const { error } = outcome as { error: CoppiceError };
    expect(error).toMatchObject({ code: "MODEL_FAILED", retryable: true });
    expect(error.details).toMatchObject({ circuit: "open", retryAfterMs: 20_000 });
    expect(started(open)).toBe(5);
    expect(outcome.usage.modelCalls).toBe(0);
    expectAtRest(open);
  });

  it("goes straight to the fallback of those who have one, for the same turn", async () => {
    const { opened } = swarm();
    await using open = await opened;
    await fail(open, 5);
    const outcome = await open.supervisor.run("backed", { input: "go", limits: { turns: 1 } });
    expect(outcome).toMatchObject({ output: "from another", usage: { modelCalls: 1 } });
    expect(started(open)).toBe(6);
    const further = { model: down, fallback: [{ ...down }, answers] };
    const third = await open.supervisor.run(further, { input: "go", limits: { turns: 1 } });
    expect(third).toMatchObject({ output: "from another", usage: { modelCalls: 2 } });
    expectAtRest(open);
  });

  it("is tried by one call when its time is over, and left alone for twice as long", async () => {
    const { clock, opened } = swarm();
    await using open = await opened;
    await fail(open, 5);
    clock.advance(29_999);
    await fail(open, 1);
    expect(started(open)).toBe(5);
    clock.advance(1);
    await fail(open, 2);
    expect(started(open)).toBe(6);
    clock.advance(59_999);
    await fail(open, 1);
    expect(started(open)).toBe(6);
    clock.advance(1);
    await fail(open, 1);
    expect(started(open)).toBe(7);
    expectAtRest(open);
  });

  it("is asked by all again once a probe was answered", async () => {
    await using three = await threeWhoFailed({ text: "up" });
    const { open, clock, refs } = three;
    const [a, b] = refs;
    expect(await a.ask("?", soon)).toBe("another");
    clock.advance(50);
    expect(await b.ask("?", soon)).toBe("up");
    expect(await a.ask("?", soon)).toBe("another");
    expect(open.seen.filter(({ code }) => code === "MODEL_FAILED")).toHaveLength(4);
  });

  it("is tried by one call at a time, and by the next when that one is cancelled", async () => {
    await using three = await threeWhoFailed({ text: "never", delayMs: 60_000 });
    const { open, clock, refs } = three;
    const [a, b, c] = refs;
    clock.advance(50);
    a.tell("?");
    expect(await b.ask("?", soon)).toBe("another");
    await a.cancel();
    c.tell("?");
    await open.until("model.started", ({ path, turn }) => path === c.path && turn === 1);
    expect(open.swarm.record(c.path)?.choices?.size).toBe(0);
    expect(await b.ask("?", soon)).toBe("another");
    await c.cancel();
    expect(open.seen.filter(({ code }) => code === "MODEL_FAILED")).toHaveLength(3);
  });

  it("is tried by another call where the one that tried it hangs", async () => {
    await using three = await threeWhoFailed({ text: "never", delayMs: 60_000 });
    const { open, clock, refs } = three;
    const [a, b, c] = refs;
    clock.advance(50);
    a.tell("?");
    expect(await b.ask("?", soon)).toBe("another");
    clock.advance(50);
    c.tell("?");
    await open.until("model.started", ({ path, turn, model }) => {
      return path === c.path && turn === 1 && model === "scripted";
    });
    expect(open.swarm.record(c.path)?.choices?.size).toBe(0);
    await Promise.all([a.cancel(), c.cancel()]);
  });

  it.each<[string, (kernel: Kernel, node: Node) => void]>([
    [
      "was killed",
      (kernel, node) => {
        kernel.end(node, { status: "cancelled", reason: "enough" });
        kernel.kill(node);
      },
    ],
    [
      "ended without a word of its call",
      (kernel, node) => {
        const { path, incarnation, mailbox } = node;
        const commands = [{ type: "done", end: { status: "completed", output: 1 } }] as const;
        const frame = { path, incarnation, upTo: mailbox.last, commands, busy: false };
        kernel.commit(String(node.host), frame);
      },
    ],
  ])("is tried by the next agent when that of the probe %s", async (_, end) => {
    await using three = await threeWhoFailed({ text: "never", delayMs: 60_000 });
    const { open, clock, refs } = three;
    const [a, , c] = refs;
    clock.advance(50);
    a.tell("?");
    await open.until("model.started", ({ path, turn }) => path === a.path && turn === 1);
    open.act((kernel) => end(kernel, kernel.find(a.path) as Node));
    await a.outcome;
    c.tell("?");
    await open.until("model.started", ({ path, turn }) => path === c.path && turn === 1);
    expect(open.swarm.record(c.path)?.choices?.size).toBe(0);
  });

  it("is not asked by who waited for its rate when it began to fail", async () => {
    const rates = { "model:scripted": { perSecond: 1, burst: 1 } };
    const { clock, opened } = swarm({ rates, breaker: { failures: 1 }, budget: { tokens: 9 } });
    await using open = await opened;
    const two = [1, 2].map(() => open.supervisor.run("alone", { input: "go" }));
    await two[0];
    expect(open.supervisor.stats().queues.rates).toBe(1);
    clock.advance(1_000);
    const outcome = (await two[1]) as { error: CoppiceError };
    expect(outcome.error.details).toMatchObject({ circuit: "open", retryAfterMs: 29_000 });
    expect(started(open)).toBe(1);
    expectAtRest(open);
  });

  it("is not what a person allowed who was asked about the fallback", async () => {
    const decided = Promise.withResolvers<Decision>();
    const provider = new URL("../fixtures/supervisor/echo-model.ts", import.meta.url).href;
    const { clock, opened } = swarm({
      agents: { alone, backed: { model: down, fallback: provider } },
      grants: ["model:scripted", { allow: "model:file:*", ask: true }],
      approve: () => decided.promise,
      breaker: { failures: 1, openMs: 50 },
    });
    await using open = await opened;
    await fail(open, 1);
    const outcome = open.supervisor.run("backed", { input: "go" });
    await open.until("approval.requested");
    clock.advance(50);
    decided.resolve({ allow: true });
    expect(await outcome).toMatchObject({ output: "I read 1." });
    expect(started(open)).toBe(2);
    expectAtRest(open);
  });

  it.each<[number, SupervisorOptions["breaker"]]>([
    [1, { failures: 1 }],
    [2, { failures: 2 }],
    [8, false],
  ])("is asked %i times with breaker %j", async (times, breaker) => {
    const { opened } = swarm({ ...(breaker !== undefined && { breaker }) });
    await using open = await opened;
    await fail(open, 8);
    expect(started(open)).toBe(times);
  });

  it.each([{ failures: 0 }, { openMs: 0 }, { maxOpenMs: -1 }, true])(
    "cannot be left alone as %j says",
    async (breaker) => {
      const options = { threads: 0, breaker } as SupervisorOptions;
      await expect(Supervisor.start(options)).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
    },
  );

  it("is asked again and again where the failure is the caller's own", async () => {
    const provider = new URL("../fixtures/supervisor/frail-model.ts", import.meta.url).href;
    const own: AgentSpec = { model: { provider, model: "a", failsAt: [0] } };
    const { opened } = swarm({ agents: { own } });
    await using open = await opened;
    for (let n = 0; n < 8; n += 1) await open.supervisor.run("own", { input: "go" });
    expect(started(open)).toBe(8);
  });
});
