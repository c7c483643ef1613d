import { describe, expect, it } from "vitest";
import type { AgentSpec, Budget, ModelSpec } from "../../src/index.ts";
import { hold, say, slow, startMessagesServer } from "../fixtures/messages-server.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const machine = new URL("../fixtures/supervisor/asks-model.ts", import.meta.url).href;
const streaming = new URL("../fixtures/supervisor/streaming-model.ts", import.meta.url).href;
const anthropic = (baseUrl: string, more: object = {}): ModelSpec => {
  return { provider: "anthropic", model: "claude-sonnet-4-5", baseUrl, maxTokens: 2_000, ...more };
};

/** Runs one agent whose service says that its prompt is so long, and answers slowly. */
async function run(
  budget: Budget,
  { input = 9_000, spec = {}, model = {} }: { input?: number; spec?: object; model?: object } = {},
) {
  const reply = say("word ".repeat(200), { usage: { input, output: 250 } });
  await using server = await startMessagesServer({ reply: () => slow(reply, 2) });
  await using open = await openSupervisor({ threads: 0, budget });
  const agent: AgentSpec = { model: anthropic(server.url, model), ...spec };
  let most = 0;
  open.supervisor.on("agent.output", () => {
    most = Math.max(most, open.supervisor.budget().tokens.reserved);
  });
  const outcome = await open.supervisor.run(agent, { input: "go" });
  const { spent, reserved } = open.supervisor.budget().tokens;
  const closed = await server.requests[0]?.closed;
  expectAtRest(open);
  const refused = open.seen.filter(({ type }) => type === "budget.refused");
  return { outcome, spent, reserved, most, closed, refused };
}

describe("a prompt that is longer than was reserved", () => {
  it("is reserved as soon as its service says so", async () => {
    const { outcome, most, spent } = await run({ tokens: 11_000 });
    expect(outcome).toMatchObject({ status: "completed" });
    expect([most, spent]).toEqual([11_000, 9_250]);
  });

  it.each<[string, Budget, string]>([
    ["tokens", { tokens: 10_999 }, "tokens"],
    ["dollars", { usd: 0.056 }, "usd"],
    ["what one call may cost", { perAction: { tokens: 10_999 } }, "tokens"],
    ["a window", { windows: [{ everyMs: 86_400_000, tokens: 10_999 }] }, "tokens"],
  ])("ends its stream where there are not enough %s", async (_, budget, unit) => {
    const { outcome, spent, closed, refused } = await run(budget);
    expect(outcome).toMatchObject({ status: "exhausted", unit });
    expect(closed).toBe("cut");
    expect(refused).toMatchObject([{ unit, node: "/" }]);
    expect(outcome.usage).toMatchObject({ inputTokens: 9_000, modelCalls: 1 });
    expect(spent).toBeLessThan(9_250);
  });

  it("is not ended for its dollars where they suffice", async () => {
    const { outcome } = await run({ usd: 0.0571 });
    expect(outcome).toMatchObject({ status: "completed" });
  });

  it("is what a machine reads, and it goes on", async () => {
    const { outcome, spent, closed } = await run({ tokens: 10_000 }, { spec: { machine } });
    const error = { code: "BUDGET_EXCEEDED", details: { unit: "tokens", node: "/" } };
    expect(outcome).toMatchObject({ status: "completed", output: { isError: true, error } });
    expect(closed).toBe("cut");
    expect(spent).toBeGreaterThanOrEqual(9_000);
  });

  it("of another tier needs its output at that price too", async () => {
    const model = { model: "claude-haiku-5-5", cache: false };
    // 150,000 tokens at half a dollar a million, and 2,000 of output at two and a half.
    const usd = 0.075 + 0.005;
    const less = await run({ usd: usd - 0.000_01 }, { input: 150_000, model });
    expect(less.outcome).toMatchObject({ status: "exhausted", unit: "usd" });
    const enough = await run({ usd }, { input: 150_000, model });
    expect(enough.outcome).toMatchObject({ status: "completed" });
  });

  it("of one-hour cache writes, which are dearer, is reserved as well", async () => {
    const cache_creation = { ephemeral_1h_input_tokens: 9_000, ephemeral_5m_input_tokens: 0 };
    const reply = say("word ".repeat(20), { usage: { input: 0, cacheWrite: 9_000, output: 25 } });
    const events = [...reply.events].map((event) => {
      const { message } = event as { message?: { usage: object } };
      if (message === undefined) return event;
      return { ...event, message: { ...message, usage: { ...message.usage, cache_creation } } };
    });
    await using server = await startMessagesServer({ reply: () => slow({ ...reply, events }, 5) });
    await using open = await openSupervisor({ threads: 0 });
    const input = "One sentence of some length stands here. ".repeat(1_000);
    const usd = 9_000 * 6e-6 + 1_000 * 15e-6;
    const spec: AgentSpec = { model: anthropic(server.url, { maxTokens: 1_000 }) };
    const enough = await open.supervisor.run(spec, { input, budget: { usd } });
    const less = await open.supervisor.run(spec, { input, budget: { usd: usd - 1e-6 } });
    expect([enough.status, less.status]).toEqual(["completed", "exhausted"]);
    expect(server.requests).toHaveLength(2);
    expectAtRest(open);
  });

  it("keeps what others have reserved", async () => {
    const reply = say("word ".repeat(50), { usage: { input: 3_000, output: 60 } });
    await using server = await startMessagesServer({ reply: () => hold(reply, 6) });
    await using open = await openSupervisor({ threads: 0, budget: { tokens: 8_000 } });
    const spec: AgentSpec = { model: anthropic(server.url) };
    const first = await open.supervisor.spawn(spec, { input: "go" });
    await open.until("agent.output");
    expect(open.supervisor.budget().tokens.reserved).toBe(5_000);
    // 3,000 are left, and it asks for 2,000 and a short prompt: the rest of it is not there.
    const second = await open.supervisor.run(spec, { input: "go" });
    expect(second).toMatchObject({ status: "exhausted", unit: "tokens" });
    expect(open.supervisor.budget().tokens.reserved).toBe(5_000);
    await first.cancel("enough");
    await first.outcome;
    expectAtRest(open);
  });

  it("of a module's stream is reserved while the stream goes on", async () => {
    const model = {
      provider: streaming,
      says: "some words",
      usage: usageOf(9_000),
      maxTokens: 1_000,
    };
    await using open = await openSupervisor({ threads: 0, budget: { tokens: 9_500 } });
    const outcome = await open.supervisor.run({ model }, { input: "go" });
    expect(outcome).toMatchObject({ status: "exhausted", unit: "tokens", partial: "some words" });
    expect(outcome.usage.inputTokens).toBe(9_000);
    expectAtRest(open);
  });
});

it("that fits sends nothing, and a script's never grows", async () => {
  const { most } = await run({ tokens: 20_000 }, { input: 20 });
  expect(most).toBeLessThan(2_060);
  const step = { text: "hi", usage: { inputTokens: 500, outputTokens: 5 } };
  await using open = await openSupervisor({ threads: 0, budget: { tokens: 505 } });
  const spec: AgentSpec = { model: { provider: "scripted", steps: [step] } };
  expect(await open.supervisor.run(spec, { input: "go" })).toMatchObject({ status: "completed" });
});

function usageOf(inputTokens: number) {
  return { inputTokens, outputTokens: 0 };
}
