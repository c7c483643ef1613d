import { describe, expect, it } from "vitest";
import type { AgentSpec, CoppiceError, Json, ModelSpec } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { likelyTokens } from "../../src/wire/likely-tokens.ts";
import {
  hold,
  type MessagesServer,
  overloaded,
  type ServerReply,
  say,
  startMessagesServer,
  text,
  thinking,
  toolUse,
} from "../fixtures/messages-server.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const machine = new URL("../fixtures/supervisor/asks-model.ts", import.meta.url).href;
const streaming = new URL("../fixtures/supervisor/streaming-model.ts", import.meta.url).href;

const HOUR = { type: "ephemeral", ttl: "1h" } as const;

/** About 4,500 tokens, by any count. */
const LONG = "word ".repeat(3_800);
const long = say(LONG);
/** All of it has been said, and the service is about to say so. */
const unended = hold(long, [...long.events].length - 3);

const served = (reply: ServerReply): Promise<MessagesServer> =>
  startMessagesServer({ reply: () => reply });

const modelOf = ({ url }: MessagesServer, more: object = {}): ModelSpec => {
  return { provider: "anthropic", model: "claude-sonnet-4-5", baseUrl: url, ...more };
};

/** Runs thirty agents one after the other, each ended when it has said nearly all. */
async function thirty(
  spec: (server: MessagesServer) => AgentSpec,
  end: (path: string, open: Awaited<ReturnType<typeof openSupervisor>>) => void,
  options: object = {},
) {
  await using server = await served(unended);
  const open = await openSupervisor({ threads: 0, budget: { tokens: 12_000 }, ...options });
  const statuses: string[] = [];
  for (let n = 0; n < 30; n += 1) {
    const run = open.supervisor.spawn(spec(server), { input: "go" });
    const agent = await run.catch((refused: CoppiceError) => refused.code);
    if (typeof agent === "string") {
      statuses.push(agent);
      continue;
    }
    let said = 0;
    const listener = ({ path, text: words }: { path: string; text: string }): void => {
      if (path !== agent.path) return;
      said += words.length;
      if (said < LONG.length) return;
      said = 0;
      end(path, open);
    };
    open.supervisor.on("agent.output", listener);
    statuses.push((await agent.outcome).status);
    open.supervisor.off("agent.output", listener);
  }
  const requests = server.requests.length;
  expectAtRest(open);
  const events = open.seen.filter(({ type }) => type === "model.finished");
  const told = events.reduce((sum, { usd }) => sum + Math.round(Number(usd ?? 0) * 1e9), 0);
  expect(told).toBe(Math.round(open.supervisor.usage().usd * 1e9));
  const spent = open.supervisor.budget().tokens.spent;
  await open[Symbol.asyncDispose]();
  return { statuses, requests, spent };
}

describe("thirty streams of 4,500 tokens under a budget of 12,000", () => {
  const loop = (server: MessagesServer): AgentSpec => ({ model: modelOf(server) });
  const job = (server: MessagesServer): AgentSpec => ({ machine, model: modelOf(server) });
  const module = (): AgentSpec => ({ model: { provider: streaming, says: LONG } });
  const cancel: Parameters<typeof thirty>[1] = (path, { supervisor }) =>
    void supervisor.cancel(path, "enough");

  it.each([
    ["a loop", loop],
    ["a module's", module],
  ])("cancelled near their end are three, of %s", async (_, spec) => {
    const { statuses, requests, spent } = await thirty(spec, cancel);
    expect(statuses.slice(0, 3)).toEqual(["cancelled", "cancelled", "cancelled"]);
    expect(new Set(statuses.slice(3))).toEqual(new Set(["BUDGET_EXCEEDED"]));
    expect(spent).toBeGreaterThan(12_000);
    if (spec !== module) expect(requests).toBe(3);
  });

  it("of machines, which are gone before their streams, are two", async () => {
    const { statuses, requests, spent } = await thirty(job, cancel);
    expect([statuses.slice(0, 3), requests, spent]).toEqual([
      ["cancelled", "cancelled", "exhausted"],
      2,
      12_000,
    ]);
  });

  it("that time out near their end are three", async () => {
    const clock = new ManualClock();
    const spec = (server: MessagesServer): AgentSpec => ({ ...loop(server), timeoutMs: 1_000 });
    const { statuses, requests } = await thirty(spec, () => clock.advance(1_000), { clock });
    expect([statuses.slice(0, 4), requests]).toEqual([
      ["timed-out", "timed-out", "timed-out", "BUDGET_EXCEEDED"],
      3,
    ]);
  });

  it("whose hosts die are three, taken to have used what was reserved", async () => {
    const spec = (server: MessagesServer): AgentSpec => {
      return { model: modelOf(server, { maxTokens: 5_000 }) };
    };
    const lose: Parameters<typeof thirty>[1] = (path, open) => open.loseHostOf(path);
    const { statuses, requests } = await thirty(spec, lose);
    expect(requests).toBe(3);
    expect(statuses[0]).toBe("exhausted");
    expect(new Set(statuses.slice(1))).toEqual(new Set(["BUDGET_EXCEEDED"]));
  });
});

describe("what is charged of a stream that was cut off", () => {
  /** Cancels an agent when the server has sent all that it will. */
  async function cancelled(reply: ServerReply, more: object = {}) {
    const sent = Promise.withResolvers<void>();
    await using server = await startMessagesServer({
      reply: () => {
        sent.resolve();
        return reply;
      },
    });
    await using open = await openSupervisor({ threads: 0 });
    const agent = await open.supervisor.spawn(
      { model: modelOf(server, { cache: false, ...more }) },
      { input: "go" },
    );
    await sent.promise;
    if ("events" in reply && [...reply.events].some(({ type }) => type === "content_block_delta")) {
      await open.until("agent.output");
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
    await agent.cancel("enough");
    const { usage } = await agent.outcome;
    expectAtRest(open);
    return usage;
  }
  const usage = { input: 100, output: 7 };

  it("is its thinking, its calls and its text, without signatures and placeholders", async () => {
    const thought = "I think about it for a while. ";
    const call = { path: "/srv/data", lines: [1, 2, 3] };
    const blocks = [
      thinking(thought, "s".repeat(3_000)),
      toolUse("t", "read", call),
      text("So it"),
    ];
    const reply = say(blocks, { usage });
    const { outputTokens, inputTokens } = await cancelled(
      hold(reply, [...reply.events].length - 3),
      { maxTokens: 4_000, thinking: { type: "enabled", budget_tokens: 2_000 } },
    );
    const seen = [thought, "read", JSON.stringify(call), "So it"].map(likelyTokens);
    expect(outputTokens).toBe(seen.reduce((sum, tokens) => sum + tokens, 0));
    expect(inputTokens).toBe(100);
  });

  it("is its prompt as reserved where its service never answered", async () => {
    await using server = await startMessagesServer({ reply: () => new Promise(() => undefined) });
    await using open = await openSupervisor({ threads: 0 });
    const input = "One sentence of some length stands here. ".repeat(100);
    const spec = { model: modelOf(server, { maxTokens: 1_000 }) };
    const agent = await open.supervisor.spawn(spec, { input });
    await open.until("model.started");
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const { reserved } = open.supervisor.budget().tokens;
    const dollars = open.supervisor.budget().usd.reserved;
    await agent.cancel("enough");
    const charged = (await agent.outcome).usage;
    expect(charged).toMatchObject({ inputTokens: reserved - 1_000, outputTokens: 0 });
    expect(charged.usd).toBeCloseTo(dollars - 0.015, 9);
    expectAtRest(open);
  });

  it.each<[string, object, Json, number]>([
    [
      "of a tier that it may have reached",
      { model: "claude-haiku-5-5" },
      "word ".repeat(84_000),
      2.5,
    ],
    ["of an hour of cache", {}, [{ type: "text", text: "word", cache_control: HOUR }], 15],
  ])("is its prompt at the price %s", async (_, model, input, perOutput) => {
    await using server = await startMessagesServer({ reply: () => new Promise(() => undefined) });
    await using open = await openSupervisor({ threads: 0 });
    const spec = { model: modelOf(server, { maxTokens: 1_000, ...model }) };
    const agent = await open.supervisor.spawn(spec, { input });
    await open.until("model.started");
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const { usd } = open.supervisor.budget();
    await agent.cancel("enough");
    const { usage } = await agent.outcome;
    expect(usage.usd).toBeCloseTo(usd.reserved - perOutput / 1_000, 9);
    const perToken = perOutput === 15 ? 6_000 : 625;
    expect(Math.round((usage.usd * 1e9) / usage.inputTokens)).toBe(perToken);
    expectAtRest(open);
  });

  it("is nothing where its service said no, or was never reached", async () => {
    for (const isThere of [true, false]) {
      await using server = await served(overloaded());
      await using open = await openSupervisor({ threads: 0 });
      if (!isThere) await server.close();
      const agent = await open.supervisor.spawn({ model: modelOf(server) }, { input: "go" });
      await open.until("model.retried");
      await agent.cancel("enough");
      expect((await agent.outcome).usage).toMatchObject({ usd: 0, inputTokens: 0 });
      expectAtRest(open);
    }
  });
});

describe("a whole answer", () => {
  it.each<[string, (event: { type: string }) => object, object]>([
    ["whose last figure is missing", (event) => ({ ...event, usage: {} }), {}],
    ["whose last figure is null", (event) => ({ ...event, usage: { output_tokens: null } }), {}],
  ])("%s is charged what was seen of it", async (_, change) => {
    const reply = say("word ".repeat(100), { usage: { input: 50, output: 1 } });
    const events = [...reply.events].map((event) =>
      event.type === "message_delta" ? (change(event) as typeof event) : event,
    );
    await using server = await served({ ...reply, events });
    await using open = await openSupervisor({ threads: 0 });
    const outcome = await open.supervisor.run({ model: modelOf(server) }, { input: "go" });
    expect(outcome).toMatchObject({ status: "completed" });
    const outputTokens = likelyTokens("word ".repeat(100));
    expect(outcome.usage).toMatchObject({ inputTokens: 50, outputTokens });
  });

  it("is charged the figures that its service gave at its end", async () => {
    await using server = await served(
      say("word ".repeat(100), { usage: { input: 50, output: 2 } }),
    );
    await using open = await openSupervisor({ threads: 0 });
    const { usage } = await open.supervisor.run({ model: modelOf(server) }, { input: "go" });
    expect(usage).toMatchObject({ inputTokens: 50, outputTokens: 2 });
  });
});
