import { describe, expect, it } from "vitest";
import type { AgentSpec, SupervisorOptions } from "../../src/index.ts";
import type { TreeNode } from "../../src/supervisor/tree-node.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { cut, type ServerReply, say, startMessagesServer } from "../fixtures/messages-server.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";
import { script } from "./scripts.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const machine = new URL("../fixtures/supervisor/asks-model.ts", import.meta.url).href;
const usage = { input: 1_000, output: 5 };
const broken = cut(say("half an answer", { usage }), 4);

/** An agent whose first stream was cut, and which waits for its next attempt. */
async function waiting(
  replies: readonly ServerReply[],
  { spec = {}, ...options }: SupervisorOptions & { readonly spec?: Partial<AgentSpec> } = {},
) {
  const server = await startMessagesServer({
    reply: (_, n) => replies[n] ?? (replies.at(-1) as ServerReply),
  });
  const clock = new ManualClock();
  const open = await openSupervisor({ threads: 0, clock, ...options });
  const model = { provider: "anthropic", model: "claude-sonnet-4-5", baseUrl: server.url } as const;
  const agent = await open.supervisor.spawn({ model, ...spec }, { input: "go" });
  const { delayMs } = await open.until("model.retried");
  return {
    ...{ open, clock, agent, server, delayMs: Number(delayMs) },
    async [Symbol.asyncDispose]() {
      await open[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

function expectChargedOnce({ seen, supervisor }: OpenSupervisor): void {
  const finished = seen.filter(({ type }) => type === "model.finished");
  expect(finished).toHaveLength(1);
  expect(supervisor.usage().inputTokens).toBe(1_000);
  expect(supervisor.usage().usd).toBe(finished[0]?.usd);
}

describe.each([{}, { machine }])("while a call waits for its next attempt, %j", (spec) => {
  it("nothing is reserved, and its slot is free for others", async () => {
    const limits = { concurrency: 1 };
    await using run = await waiting([broken, say("done")], { limits, spec });
    const { open, clock, agent, delayMs } = run;
    for (const line of Object.values(open.supervisor.budget())) expect(line.reserved).toBe(0);
    const { status, waitsFor } = open.supervisor.tree().children[0] as TreeNode;
    expect({ status, waitsFor }).toEqual({ status: "waiting", waitsFor: "retry" });
    const other = { model: script("other") };
    expect(await open.supervisor.run(other, { input: "go" })).toMatchObject({ output: "other" });
    clock.advance(delayMs - 1);
    expect(run.server.requests).toHaveLength(1);
    clock.advance(1);
    expect(JSON.stringify(await agent.outcome)).toContain("done");
    expect(run.server.requests).toHaveLength(2);
    expectAtRest(open);
  });

  it("a cancel ends the wait, and nothing is charged twice", async () => {
    await using run = await waiting([broken], { spec });
    await run.agent.cancel("enough");
    const partial = "machine" in spec ? {} : { partial: "half a" };
    expect(await run.agent.outcome).toMatchObject({ status: "cancelled", ...partial });
    run.clock.advance(60_000);
    expectChargedOnce(run.open);
    expectAtRest(run.open);
  });

  it("its time-out ends the wait", async () => {
    await using run = await waiting([broken], { spec: { ...spec, timeoutMs: 100 } });
    run.clock.advance(100);
    expect(await run.agent.outcome).toMatchObject({ status: "timed-out" });
    run.clock.advance(60_000);
    expectChargedOnce(run.open);
    expectAtRest(run.open);
  });

  it("the end of the supervisor ends the wait", async () => {
    await using run = await waiting([broken], { spec });
    await run.open.supervisor.stop();
    expect(await run.agent.outcome).toMatchObject({ status: "cancelled" });
    expectChargedOnce(run.open);
    expect(run.clock.armed).toBe(0);
  });

  it("a pause keeps it from going on, and the end of the pause lets it", async () => {
    await using run = await waiting([broken, say("done")], { spec });
    const { open, clock, agent, delayMs } = run;
    await open.supervisor.pause(agent.path);
    clock.advance(delayMs);
    for (let turn = 0; turn < 50; turn += 1) await new Promise((next) => setImmediate(next));
    expect(run.server.requests).toHaveLength(1);
    await open.supervisor.resume(agent.path);
    expect(JSON.stringify(await agent.outcome)).toContain("done");
    expectAtRest(open);
  });

  it("the loss of its host loses nothing", async () => {
    await using run = await waiting([broken, say("done")], { spec });
    run.open.loseHostOf(run.agent.path);
    await run.open.until("host.lost");
    run.clock.advance(run.delayMs);
    const outcome = await run.agent.outcome;
    expect(JSON.stringify(outcome)).toContain("done");
    expect(outcome.usage).toMatchObject({ modelCalls: 1 });
    expect(run.server.requests).toHaveLength(2);
    expectAtRest(run.open);
  });

  it("it is asked for at the rate of its model", async () => {
    const rates = { "model:*": { perSecond: 0.1, burst: 1 } };
    await using run = await waiting([broken, say("done")], { spec, rates });
    run.clock.advance(run.delayMs);
    for (let turn = 0; turn < 50; turn += 1) await new Promise((next) => setImmediate(next));
    expect([run.server.requests.length, run.open.supervisor.stats().queues.rates]).toEqual([1, 1]);
    run.clock.advance(10_000);
    expect(JSON.stringify(await run.agent.outcome)).toContain("done");
    expectAtRest(run.open);
  });
});

it("two agents under one ceiling pay for their attempts in turn", async () => {
  const replies = [broken, broken, say("one", { usage }), say("two", { usage })];
  await using server = await startMessagesServer({ reply: (_, n) => replies[n] as ServerReply });
  const clock = new ManualClock();
  const budget = { tokens: 6_000 };
  await using open = await openSupervisor({ threads: 0, clock, budget });
  open.supervisor.on("model.retried", ({ delayMs }) => setImmediate(() => clock.advance(delayMs)));
  const base = { provider: "anthropic", model: "claude-sonnet-4-5", baseUrl: server.url } as const;
  const spec: AgentSpec = { model: { ...base, maxTokens: 1_500 } };
  const run = () => open.supervisor.run(spec, { input: "go" });
  const outcomes = await Promise.all([run(), run()]);
  expect(outcomes).toMatchObject([{ status: "completed" }, { status: "completed" }]);
  expect(open.supervisor.usage()).toMatchObject({ modelCalls: 2, inputTokens: 4_000 });
  expectAtRest(open);
});

it.each([{}, { machine }])("goes on when it loses its host at any event, %j", async (more) => {
  let at = 0;
  for (let isLost = true; isLost; ) {
    at += 1;
    isLost = false;
    const replies = [broken, broken];
    await using server = await startMessagesServer({
      reply: (_, n) => replies[n] ?? say("done", { usage }),
    });
    const clock = new ManualClock();
    await using open = await openSupervisor({ threads: 0, clock });
    let happened = 0;
    open.supervisor.on("*", (event) => {
      if (event.type === "model.retried") setImmediate(() => clock.advance(event.delayMs));
      if (event.path !== "/agent") return;
      happened += 1;
      if (happened !== at) return;
      isLost = true;
      open.loseHostOf("/agent");
    });
    const model = { provider: "anthropic", model: "claude-sonnet-4-5", baseUrl: server.url };
    const spec = { ...more, model: model as never, limits: { turns: 1 } };
    const outcome = await open.supervisor.run(spec, { input: "go" });
    expect([at, JSON.stringify(outcome)]).toMatchObject([at, expect.stringContaining("done")]);
    const told = open.seen.reduce((sum, { type, usd }) => {
      return type === "model.finished" ? sum + Math.round(Number(usd ?? 0) * 1e9) : sum;
    }, 0);
    expect([at, told]).toEqual([at, Math.round(open.supervisor.usage().usd * 1e9)]);
    expectAtRest(open);
  }
  expect(at).toBeGreaterThan(10);
});
