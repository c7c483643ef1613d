import { expect, it } from "vitest";
import { type AgentSpec, defineTool, Supervisor } from "../../src/index.ts";
import { likelyTokens } from "../../src/wire/likely-tokens.ts";
import { textTokens } from "../../src/wire/token-estimate.ts";
import {
  cut,
  hold,
  type MessagesRequestBody,
  type SaidOptions,
  say,
  startMessagesServer,
  toolUse,
} from "../fixtures/messages-server.ts";

const asksTwice = new URL("../fixtures/supervisor/asks-twice.ts", import.meta.url).href;
process.env.ANTHROPIC_API_KEY = "sk-ant-test";

/** Nano-dollars a token of claude-sonnet-4-5: of input, cache writes, cache reads, output. */
const PRICE = { input: 3_000, cacheWrite: 3_750, cacheRead: 300, output: 15_000 };

const AGENTS = 100;
const TURNS = 10;

type Usage = Required<NonNullable<SaidOptions["usage"]>>;

const costOf = (usage: Usage): number =>
  usage.input * PRICE.input +
  usage.cacheWrite * PRICE.cacheWrite +
  usage.cacheRead * PRICE.cacheRead +
  usage.output * PRICE.output;

/** Another usage for each request, so that no two sums are alike. */
const usageOf = (n: number): Usage => ({
  input: 7 + ((n * 13) % 101),
  cacheWrite: (n * 29) % 211,
  cacheRead: (n * 37) % 997,
  output: 1 + ((n * 17) % 89),
});

/** What is known of a stream that was cut: all input, and the larger of what was said and seen. */
const begun = (usage: Usage, seen: string): Usage => ({
  ...usage,
  output: Math.max(1, likelyTokens(seen)),
});

/** How many answers the conversation holds: the turn that is asked for, counted from 0. */
const turnOf = ({ messages = [] }: MessagesRequestBody): number =>
  messages.filter(({ role }) => role === "assistant").length;

it.each([0, 2])(
  "a thousand turns with aborts in between cost what the price table says, on %i threads",
  async (threads) => {
    let expected = 0;
    let [aborted, retried] = [0, 0];
    const failed = new Set<string>();
    await using server = await startMessagesServer({
      reply: ({ body }, n) => {
        const turn = turnOf(body);
        const name = JSON.stringify(body.messages?.[0]?.content).match(/agent (\d+)/)?.[1] ?? "";
        const usage = usageOf(n);
        const call = toolUse(`c${n}`, "work", {});
        const reply = say(turn === TURNS - 1 ? "done" : [call], { usage });
        // Every tenth agent is aborted in its last stream, every seventh loses one to the network.
        if (turn === TURNS - 1 && Number(name) % 10 === 0) {
          aborted += 1;
          expected += costOf(begun(usage, "and on"));
          return hold(say("and on and on", { usage }), 4);
        }
        if (turn === 3 && Number(name) % 7 === 0 && !failed.has(name)) {
          failed.add(name);
          retried += 1;
          expected += costOf(begun(usage, ""));
          return cut(reply, 2);
        }
        expected += costOf(usage);
        return reply;
      },
    });
    const work = defineTool({
      name: "work",
      description: "Works.",
      input: {},
      execute: () => "ok",
    });
    const talker: AgentSpec = {
      model: { provider: "anthropic", model: "claude-sonnet-4-5", baseUrl: server.url },
      tools: ["work"],
    };
    await using supervisor = await Supervisor.start({
      threads,
      tools: [work],
      agents: { talker },
      budget: { usd: 1_000 },
      limits: { concurrency: 16 },
    });
    let [told, calls] = [0, 0];
    supervisor.on("model.finished", ({ usd }) => {
      told += Math.round(Number(usd) * 1e9);
      calls += 1;
    });
    const abort = new Set<string>();
    supervisor.on("agent.output", ({ path }) => {
      if (abort.has(path)) void supervisor.cancel(path, "enough");
    });
    const outcomes = await Promise.all(
      Array.from({ length: AGENTS }, async (_, n) => {
        const agent = await supervisor.spawn("talker", { input: `You are agent ${n}.` });
        if (n % 10 === 0) abort.add(agent.path);
        return agent.outcome;
      }),
    );
    const statuses = outcomes.map(({ status }) => status);
    expect(statuses.filter((status) => status === "cancelled")).toHaveLength(10);
    expect(statuses.filter((status) => status === "completed")).toHaveLength(90);
    expect([aborted, retried, calls]).toEqual([10, 15, AGENTS * TURNS + retried]);
    expect(supervisor.usage().modelCalls).toBe(AGENTS * TURNS);
    const sum = outcomes.reduce((total, { usage }) => total + Math.round(usage.usd * 1e9), 0);
    expect(Math.round(supervisor.usage().usd * 1e9)).toBe(expected);
    expect([sum, told]).toEqual([expected, expected]);
    expect(supervisor.budget().usd).toMatchObject({ reserved: 0, spent: expected / 1e9 });
  },
);

it("an estimate that was wrong is corrected with the next call", async () => {
  // This service counts a token for each character, three times what anybody would guess.
  const counted: number[] = [];
  await using server = await startMessagesServer({
    reply: ({ body }, n) => {
      const input = JSON.stringify([body.system, body.messages, body.tools]).length;
      counted.push(input);
      const turns = n < 4 ? [toolUse(`c${n}`, "read", {})] : "done";
      return say(turns, { usage: { input, output: 5 } });
    },
  });
  const words = "A sentence that is neither long nor short stands here. ".repeat(80);
  const read = defineTool({ name: "read", description: "Reads.", input: {}, execute: () => words });
  await using supervisor = await Supervisor.start({ threads: 0, tools: [read] });
  const reserved: number[] = [];
  supervisor.on("model.started", () => reserved.push(supervisor.budget().tokens.reserved - 1_000));
  const model = { provider: "anthropic", model: "claude-sonnet-4-5", baseUrl: server.url } as const;
  const agent: AgentSpec = { model: { ...model, maxTokens: 1_000 }, tools: ["read"] };
  expect((await supervisor.run(agent, { input: words })).status).toBe("completed");
  const ratios = reserved.map((estimate, n) => estimate / (counted[n] as number));
  expect(ratios).toHaveLength(5);
  expect(ratios[0]).toBeLessThan(0.6);
  // Corrected by a factor of 2 at most, whatever the service says.
  for (const ratio of ratios.slice(1)) {
    expect(ratio).toBeGreaterThan(0.4);
    expect(ratio).toBeLessThan(1.2);
  }
  expect(Math.min(...ratios.slice(1))).toBeGreaterThan(ratios[0] as number);
});

it.each([{}, { machine: asksTwice }])(
  "a prompt that was short for its estimate lets nothing new be taken for less, %j",
  async (more) => {
    // Of 7,000 words half of what they are taken for; and then as many that are what they seem.
    const words = "word ".repeat(7_000);
    const input = Math.ceil(textTokens(words) / 2);
    const read = defineTool({
      name: "read",
      description: "Reads.",
      input: {},
      execute: () => words,
    });
    const turns = [toolUse("c", "read", {})];
    await using server = await startMessagesServer({
      reply: (_, n) => say(n === 0 && !("machine" in more) ? turns : "done", { usage: { input } }),
    });
    await using supervisor = await Supervisor.start({ threads: 0, tools: [read] });
    const reserved: number[] = [];
    supervisor.on("model.started", () =>
      reserved.push(supervisor.budget().tokens.reserved - 1_000),
    );
    const model = {
      provider: "anthropic",
      model: "claude-sonnet-4-5",
      baseUrl: server.url,
    } as const;
    const agent: AgentSpec = { model: { ...model, maxTokens: 1_000 }, tools: ["read"], ...more };
    expect((await supervisor.run(agent, { input: words })).status).toBe("completed");
    const [, second = 0] = reserved;
    expect(second).toBeGreaterThanOrEqual(textTokens(words) + ("machine" in more ? 0 : input));
    expect(second).toBeLessThan(textTokens(words) + input + 1_000);
  },
);
