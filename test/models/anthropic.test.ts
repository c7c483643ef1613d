import { describe, expect, it } from "vitest";
import type { ModelReply } from "../../src/models/model.ts";
import type { Json } from "../../src/wire/json.ts";
import { likelyTokens } from "../../src/wire/likely-tokens.ts";
import type { Block, ToolCard, TurnMessage } from "../../src/wire/transcript.ts";
import {
  endless,
  hold,
  overloaded,
  refusal,
  type SseEvent,
  type StreamReply,
  say,
  slow,
  text,
  thinking,
  toolUse,
} from "../fixtures/messages-server.ts";
import { startBench } from "./anthropic-bench.ts";
import { failureOf, recordCall, request } from "./recorded-call.ts";

const add: ToolCard = {
  subject: "math/add",
  name: "math__add",
  description: "Adds two numbers",
  inputSchema: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
};

describe("an anthropic model answers", () => {
  it("with streamed text, the reply and the usage that its service reported", async () => {
    const usage = { input: 11, cacheRead: 200, cacheWrite: 30, output: 42 };
    await using bench = await startBench([say("The sum is 5.", { usage })]);
    const { call, deltas } = recordCall();
    expect(await bench.model().call(request(), call)).toEqual({
      content: [{ type: "text", text: "The sum is 5." }],
      stopReason: "end_turn",
      usage: { inputTokens: 11, cacheReadTokens: 200, cacheWriteTokens: 30, outputTokens: 42 },
    });
    expect(deltas.length).toBeGreaterThan(1);
    expect(deltas.join("")).toBe("The sum is 5.");
    expect(await bench.server.requests[0]!.closed).toBe("finished");
  });

  it("with parallel tool calls, and one without arguments, and takes their results", async () => {
    await using bench = await startBench([
      say([
        text("Adding."),
        toolUse("toolu_1", "math__add", { a: 2, b: 3 }),
        toolUse("toolu_2", "math__add", {}),
      ]),
      say("5"),
    ]);
    const messages: TurnMessage[] = [{ role: "user", content: "2 + 3?" }];
    const first = await bench.model().call(request({ messages, tools: [add] }), recordCall().call);
    expect(first).toMatchObject({
      stopReason: "tool_use",
      content: [
        { type: "text", text: "Adding." },
        { type: "tool_use", id: "toolu_1", name: "math__add", input: { a: 2, b: 3 } },
        { type: "tool_use", id: "toolu_2", name: "math__add", input: {} },
      ],
    });
    const results: Block[] = [
      { type: "tool_result", tool_use_id: "toolu_1", content: "5" },
      {
        type: "tool_result",
        tool_use_id: "toolu_2",
        content: [{ type: "text", text: "b is missing" }],
        is_error: true,
      },
    ];
    const next: TurnMessage[] = [
      ...messages,
      { role: "assistant", content: first.content },
      { role: "user", content: results },
    ];
    const second = await bench
      .model()
      .call(request({ messages: next, tools: [add] }), recordCall().call);
    expect(second.content).toEqual([{ type: "text", text: "5" }]);
    expect(bench.server.requests[1]!.body.messages![2]!.content).toMatchObject(results);
  });

  it("with thinking that can be sent back unchanged", async () => {
    const blocks = [
      thinking("Two and three make five.", "sig-1"),
      { type: "redacted_thinking" as const, data: "opaque" },
      // What a model thinks without showing it still has a signature.
      thinking("", "sig-2"),
      toolUse("toolu_1", "math__add", { a: 2, b: 3 }),
    ];
    await using bench = await startBench([say(blocks), say("5")]);
    const spec = { thinking: { type: "enabled", budget_tokens: 2_000 } };
    const { call, deltas } = recordCall();
    const asked = request({ maxTokens: 4_000, tools: [add] });
    const first = await bench.model(spec).call(asked, call);
    expect(first.content).toEqual(blocks);
    expect(deltas).toEqual([]);
    const messages: TurnMessage[] = [
      ...asked.messages,
      { role: "assistant", content: first.content },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "5" }] },
    ];
    await bench.model(spec).call({ ...asked, messages }, recordCall().call);
    const sent = bench.server.requests[1]!.body;
    expect(sent.messages![1]!.content).toEqual(blocks);
    expect(sent.thinking).toEqual(spec.thinking);
  });

  it.each([
    ["a refusal", refusal("I can"), { stopReason: "refusal", content: [{ text: "I can" }] }],
    ["a refusal without a word", refusal(), { stopReason: "refusal", content: [] }],
    ["max_tokens", say("So f", { stopReason: "max_tokens" }), { stopReason: "max_tokens" }],
    ["stop reasons to come", say("a", { stopReason: "pause_turn" }), { stopReason: "pause_turn" }],
  ])("with %s as it is, after one attempt", async (_, reply, expected) => {
    await using bench = await startBench([reply]);
    expect(await bench.model().call(request(), recordCall().call)).toMatchObject(expected);
    expect(bench.server.requests).toHaveLength(1);
  });

  it.each(['{"a": 2, "b', ""])(
    "with the stump of a call that max_tokens cut to %j",
    async (json) => {
      const blocks = [text("Adding."), toolUse("toolu_1", "math__add", {}, json)];
      await using bench = await startBench([say(blocks, { stopReason: "max_tokens" })]);
      const reply = await bench.model().call(request(), recordCall().call);
      const stump = { type: "tool_use", id: "toolu_1", name: "math__add", input: {} };
      expect(reply).toMatchObject({ content: [{ type: "text" }, stump], stopReason: "max_tokens" });
    },
  );

  it.each([
    ["tool_use", "{oops"],
    ["end_turn", '{"a": 2, "b'],
    ["stop_sequence", "a=2"],
  ])("with arguments that are no JSON as they came, under %s", async (stopReason, json) => {
    await using bench = await startBench([say([toolUse("t", "add", {}, json)], { stopReason })]);
    const reply = await bench.model().call(request(), recordCall().call);
    expect(reply).toMatchObject({ content: [{ type: "tool_use", input: json }], stopReason });
    expect(bench.server.requests).toHaveLength(1);
  });

  it.each<[string, Json, string, unknown]>([
    ["opened with, when nothing is streamed", { a: 1 }, "{}", { a: 1 }],
    ["streamed, when it was opened with another", { a: 1 }, '{"b":2}', { b: 2 }],
    ["streamed, though it is no JSON", { a: 1 }, "{oops", "{oops"],
    ["opened with, though it is no object", null, "{}", null],
    ["no input at all", "", "{}", {}],
  ])("with the input that a call was %s", async (_, input, json, expected) => {
    await using bench = await startBench([opened({ input }, say([toolUse("t", "add", 0, json)]))]);
    const { content } = await bench.model().call(request(), recordCall().call);
    expect(content).toEqual([{ type: "tool_use", id: "t", name: "add", input: expected }]);
  });

  it("with text, thinking and signature as they were opened, and nothing for null", async () => {
    const thought = { thinking: "hm", signature: "sig" };
    await using bench = await startBench([
      opened(thought, say([thinking("", "")])),
      opened({ text: "He" }, say("llo")),
      opened({ text: null }, say("llo")),
    ]);
    const replies = [0, 1, 2].map(() => bench.model().call(request(), recordCall().call));
    const contents = (await Promise.all(replies)).map(({ content }) => content[0]);
    expect(contents).toEqual(
      expect.arrayContaining([
        { type: "thinking", ...thought },
        { type: "text", text: "Hello" },
        { type: "text", text: "llo" },
      ]),
    );
  });

  it("until it has said ten million characters, of whatever kind", async () => {
    const long = "x".repeat(1_000_000);
    const delta = { type: "input_json_delta", partial_json: long };
    const [start, ping, open] = [...say([toolUse("t", "add", {})]).events] as SseEvent[];
    const more = Array.from({ length: 20 }, () => ({
      type: "content_block_delta",
      index: 0,
      delta,
    }));
    const events = [start!, ping!, open!, ...more];
    await using bench = await startBench([{ events, ending: "hold" }]);
    const { call, retries } = recordCall();
    const failure = await failureOf(bench.model().call(request(), call));
    expect(failure).toMatchObject({ error: { code: "MODEL_FAILED" }, partial: true });
    expect(failure.error.message).toContain("10000000 characters");
    expect([retries, bench.server.requests.length]).toEqual([[], 1]);
    expect(await bench.server.requests[0]!.closed).toBe("cut");
  });

  it("several callers at once through one client", async () => {
    await using bench = await startBench((_, index) => say(`answer ${index}`));
    const calls = Array.from({ length: 20 }, () => {
      return bench.model().call(request(), recordCall().call);
    });
    const texts = (await Promise.all(calls)).map(({ content }) => content[0]);
    expect(new Set(texts.map((block) => JSON.stringify(block))).size).toBe(20);
  });
});

describe("aborting an anthropic model", () => {
  it.each([
    ["an endless stream", endless()],
    ["a slow stream", slow(say("word ".repeat(1_000)), 1)],
    ["a stream that has gone silent", hold(say("word ".repeat(50)), 10)],
  ])("closes the connection of %s and says what was used", async (_, reply) => {
    await using bench = await startBench([reply]);
    const controller = new AbortController();
    const recorded = recordCall(controller.signal);
    const streaming = Promise.withResolvers<void>();
    const call = {
      ...recorded.call,
      onText: (delta: string) => {
        recorded.deltas.push(delta);
        if (recorded.deltas.length === 3) streaming.resolve();
      },
    };
    const failure = failureOf(bench.model().call(request(), call));
    await streaming.promise;
    controller.abort("enough");
    const { error, usage, partial, partialText } = await failure;
    const seen = likelyTokens(partialText);
    expect(await bench.server.requests[0]!.closed).toBe("cut");
    expect(error.code).toBe("CANCELLED");
    expect(error.message).toContain("enough");
    expect(usage).toMatchObject({ inputTokens: 10, outputTokens: seen });
    expect(partial).toBe(true);
    expect(partialText).toBe(recorded.deltas.join(""));
    expect(recorded.retries).toEqual([]);
    expect(bench.server.requests).toHaveLength(1);
  });

  it("works before the service has answered at all", async () => {
    const arrived = Promise.withResolvers<void>();
    await using bench = await startBench(() => {
      arrived.resolve();
      return new Promise(() => undefined);
    });
    const controller = new AbortController();
    const failure = failureOf(bench.model().call(request(), recordCall(controller.signal).call));
    await arrived.promise;
    controller.abort();
    expect((await failure).error.code).toBe("CANCELLED");
    expect(await bench.server.requests[0]!.closed).toBe("cut");
  });

  it("before it starts sends nothing", async () => {
    await using bench = await startBench([say("5")]);
    const { call } = recordCall(AbortSignal.abort());
    const failure = await failureOf(bench.model().call(request(), call));
    expect(failure).toMatchObject({ error: { code: "CANCELLED" }, partial: false });
    expect(bench.server.requests).toEqual([]);
  });

  it("leaves no listener on a signal that lives on", async () => {
    await using bench = await startBench([overloaded(), say("5")]);
    const controller = new AbortController();
    const events: string[] = [];
    const { signal } = controller;
    const [add, remove] = [signal.addEventListener, signal.removeEventListener].map((listen) =>
      listen.bind(signal),
    );
    signal.addEventListener = (...args: Parameters<typeof signal.addEventListener>) => {
      events.push("add");
      add!(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof signal.addEventListener>) => {
      events.push("remove");
      remove!(...args);
    };
    const reply = bench.model().call(request(), recordCall(signal).call) as Promise<ModelReply>;
    await bench.passWaits(1);
    await reply;
    const count = (name: string) => events.filter((event) => event === name).length;
    expect(count("add")).toBeGreaterThan(0);
    expect(count("remove")).toBeGreaterThanOrEqual(count("add"));
  });
});

/** As some services have it: what is said stands in the event that opens its block. */
function opened(fields: object, reply: StreamReply): StreamReply {
  const events = [...reply.events].map((event): SseEvent => {
    if (event.type !== "content_block_start") return event;
    return { ...event, content_block: { ...(event.content_block as object), ...fields } };
  });
  return { ...reply, events };
}
