import { describe, expect, it } from "vitest";
import { messagesBody } from "../../src/models/anthropic-request.ts";
import type { AnthropicModel } from "../../src/wire/spec.ts";
import type { Block, ToolCard, TurnMessage } from "../../src/wire/transcript.ts";
import { rightTurns } from "../../src/wire/turns.ts";
import { say } from "../fixtures/messages-server.ts";
import { startBench } from "./anthropic-bench.ts";
import { recordCall, request } from "./recorded-call.ts";

const tools: ToolCard[] = ["a", "b"].map((name) => ({
  subject: `x/${name}`,
  name: `x__${name}`,
  description: name,
  inputSchema: { type: "object" },
}));

const called: Block = { type: "tool_use", id: "t1", name: "x__a", input: {} };
const result: Block = { type: "tool_result", tool_use_id: "t1", content: "done" };
const talk: TurnMessage[] = [
  { role: "user", content: "first" },
  { role: "assistant", content: [called] },
  { role: "user", content: [result] },
  { role: "assistant", content: "then" },
  {
    role: "user",
    content: [
      { type: "text", text: "more" },
      { type: "text", text: "last" },
    ],
  },
];

function body(spec: Partial<AnthropicModel> = {}, over: Parameters<typeof request>[0] = {}) {
  const asked = request({ system: "Be brief.", tools, messages: talk, ...over });
  return messagesBody({ provider: "anthropic", model: "claude-test", ...spec }, asked);
}

function marks(value: unknown): number {
  return JSON.stringify(value).split("cache_control").length - 1;
}

describe("the request of an anthropic model", () => {
  it("marks system, tools and the ends of this and the last conversation for the cache", () => {
    const { system, tools: sent, messages } = body();
    const cache_control = { type: "ephemeral" };
    expect(system).toEqual([{ type: "text", text: "Be brief.", cache_control }]);
    expect(sent!.map((tool) => tool.cache_control)).toEqual([undefined, cache_control]);
    expect(messages[4]!.content).toEqual([
      { type: "text", text: "more" },
      { type: "text", text: "last", cache_control },
    ]);
    expect(messages[2]!.content).toEqual([{ ...result, cache_control }]);
    expect(marks(body())).toBe(4);
  });

  it("marks what is there", () => {
    const first = talk.slice(0, 1);
    expect(marks(body({}, { messages: first }))).toBe(3);
    expect(marks(body({}, { messages: first, tools: [] }))).toBe(2);
    expect(marks(body({}, { messages: first, tools: [], system: "" }))).toBe(1);
  });

  it("marks nothing without caching, and no thinking ever", () => {
    expect(marks(body({ cache: false }))).toBe(0);
    const thought: Block = { type: "thinking", thinking: "hm", signature: "s" };
    const messages: TurnMessage[] = [
      { role: "user", content: "go on" },
      { role: "assistant", content: [thought] },
    ];
    expect(body({}, { messages }).messages[1]!.content).toEqual([thought]);
  });

  it("leaves the transcript as it was", () => {
    const before = structuredClone(talk);
    body();
    expect(talk).toEqual(before);
  });

  it("shares the four marks with those that the user set, whose ttl is kept", () => {
    const hour = { type: "ephemeral", ttl: "1h" } as const;
    const marked = (n: number): TurnMessage => ({
      role: "user",
      content: [{ type: "text", text: `part ${n}`, cache_control: hour }],
    });
    const sent = body({}, { messages: [marked(0), ...talk] });
    expect(marks(sent)).toBe(4);
    expect(sent.messages[0]!.content).toEqual(marked(0).content);
    // The service refuses a mark of five minutes before one of an hour.
    expect(sent.tools!.at(-1)!.cache_control).toEqual(hour);
    expect(sent.system!.at(-1)!.cache_control).toEqual(hour);
    expect(sent.messages.at(-1)!.content.at(-1)).toHaveProperty("cache_control", {
      type: "ephemeral",
    });
    const many = body({}, { messages: [0, 1, 2, 3, 4].map(marked) });
    expect(many.messages.map(({ content }) => marks(content))).toEqual([0, 1, 1, 1, 1]);
    expect(marks(many)).toBe(4);
    expect(marks(body({ cache: false }, { messages: [marked(0)] }))).toBe(0);
  });

  it("leaves out blank instructions, and what is blank of a machine", async () => {
    await using bench = await startBench([say("5")]);
    const messages: TurnMessage[] = [
      { role: "user", content: "go" },
      { role: "assistant", content: [] },
      {
        role: "user",
        content: [
          { type: "text", text: "  " },
          { type: "text", text: "on" },
        ],
      },
      { role: "assistant", content: [{ type: "text", text: "" }, called] },
      {
        role: "user",
        content: [{ ...result, content: [{ type: "text", text: "" }] } as Block],
      },
    ];
    const asked = request({ messages: rightTurns(messages), system: " " });
    await bench.model().call(asked, recordCall().call);
    expect(bench.server.requests[0]!.body).not.toHaveProperty("system");
    expect(bench.server.requests[0]!.body.messages).toHaveLength(4);
  });

  it("sends maxTokens, model and stream, and no option that was not set", () => {
    const asked = body({ cache: false }, { tools: [] });
    expect(Object.keys(asked).sort()).toEqual([
      "max_tokens",
      "messages",
      "model",
      "stream",
      "system",
    ]);
    expect(asked).toMatchObject({ model: "claude-test", max_tokens: 1_000, stream: true });
  });

  it("sends temperature under the API version that still knows it, else the SDK's", async () => {
    await using bench = await startBench([say("5")]);
    await bench.model({ temperature: 0 }).call(request(), recordCall().call);
    await bench.model().call(request(), recordCall().call);
    const [cool, plain] = bench.server.requests;
    expect(cool!.body.temperature).toBe(0);
    expect(cool!.headers["anthropic-version"]).toBe("2023-06-01");
    expect(plain!.headers["anthropic-version"]).not.toBe("2023-06-01");
  });

  it.each([
    [3_024, { type: "enabled", budget_tokens: 2_000 }],
    [3_023, { type: "enabled", budget_tokens: 1_999 }],
    [2_048, { type: "enabled", budget_tokens: 1_024 }],
    [2_047, { type: "disabled" }],
  ])("with maxTokens %i thinks %j, so that its answer has 1,024", async (maxTokens, expected) => {
    await using bench = await startBench([say("5")]);
    const spec = { thinking: { type: "enabled", budget_tokens: 2_000 } };
    await bench.model(spec).call(request({ maxTokens }), recordCall().call);
    expect(bench.server.requests[0]!.body.thinking).toEqual(expected);
  });

  it("thinks at least what the service lets it", () => {
    const thinking = { type: "enabled", budget_tokens: 5 };
    expect(body({ thinking }, { maxTokens: 8_192 }).thinking).toMatchObject({
      budget_tokens: 1_024,
    });
  });

  it("does not think in a tool loop that began without a thought", async () => {
    const thinking = { type: "enabled", budget_tokens: 2_000 };
    const thought: Block = { type: "thinking", thinking: "hm", signature: "s" };
    const loop = (content: readonly Block[]): TurnMessage[] => [
      { role: "user", content: "go" },
      { role: "assistant", content },
      { role: "user", content: [result] },
    ];
    const sent = (messages: TurnMessage[]) => body({ thinking }, { messages, maxTokens: 8_192 });
    expect(sent(loop([called])).thinking).toEqual({ type: "disabled" });
    expect(sent(loop([thought, called])).thinking).toEqual(thinking);
    const later = [...loop([called]), ...loop([thought, called]).slice(1)];
    expect(sent(later).thinking).toEqual({ type: "disabled" });
    const onwards = [...loop([thought, called]), ...loop([called]).slice(1)];
    expect(sent(onwards).thinking).toEqual(thinking);
    const next: TurnMessage[] = [
      ...loop([called]),
      { role: "assistant", content: "done" },
      { role: "user", content: "and now" },
    ];
    expect(sent(next).thinking).toEqual(thinking);
  });

  it("passes other thinking on as it is", () => {
    expect(body({ thinking: { type: "adaptive" } }).thinking).toEqual({ type: "adaptive" });
  });
});
