import { describe, expect, it } from "vitest";
import { growReply, type MessageEvent } from "../../src/models/anthropic-reply.ts";
import { reported } from "../../src/models/reported-usage.ts";
import { addTokens, noTokens } from "../../src/models/token-usage.ts";
import type { Json } from "../../src/wire/json.ts";
import { likelyTokens } from "../../src/wire/likely-tokens.ts";

const known = { inputTokens: 10, cacheReadTokens: 20, cacheWriteTokens: 30, outputTokens: 40 };
const said = {
  input_tokens: 10,
  cache_read_input_tokens: 20,
  cache_creation_input_tokens: 30,
  output_tokens: 40,
};

describe("a report of what a call used", () => {
  it("is read, what was written for one hour and what was searched included", () => {
    expect(reported(said, noTokens)).toEqual(known);
    const more = {
      ...said,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      server_tool_use: { web_search_requests: 3, web_fetch_requests: 9 },
    };
    expect(reported(more, noTokens)).toEqual({ ...known, cacheWrite1hTokens: 20, webSearches: 3 });
  });

  it("may give the parts of what was written without their sum", () => {
    const cache_creation = { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 25 };
    expect(reported({ cache_creation }, noTokens)).toMatchObject({
      cacheWriteTokens: 35,
      cacheWrite1hTokens: 25,
    });
  });

  it("gives totals: a later one that is higher counts", () => {
    const later = reported({ input_tokens: 11, output_tokens: 50 }, known);
    expect(later).toEqual({ ...known, inputTokens: 11, outputTokens: 50 });
  });

  const odd = [0, null, undefined, "12", Number.NaN, -1, 0.5, Infinity, 1e15, {}, [12], true];
  it.each(odd)("keeps what was known where a later field is %o", (value) => {
    const full = { ...known, cacheWrite1hTokens: 5, webSearches: 2 };
    const report = {
      input_tokens: value,
      cache_read_input_tokens: value,
      cache_creation_input_tokens: value,
      cache_creation: { ephemeral_5m_input_tokens: value, ephemeral_1h_input_tokens: value },
      output_tokens: value,
      server_tool_use: { web_search_requests: value },
    };
    expect(reported(report, full)).toEqual(full);
    expect(reported({ cache_creation: value, server_tool_use: value }, full)).toEqual(full);
    expect(reported(report, noTokens)).toEqual(noTokens);
  });

  it.each([undefined, null, "usage", 5, []])("of %o is none", (report) => {
    expect(reported(report, known)).toEqual(known);
  });
});

describe("a stream whose usage is missing", () => {
  const start = (usage: unknown): MessageEvent => ({ type: "message_start", message: { usage } });
  const end = (usage: unknown): MessageEvent => ({
    type: "message_delta",
    delta: { stop_reason: "end_turn" },
    usage,
  });

  it.each([
    ["in its start", [start(undefined), end(said)], known],
    ["in its end", [start(said), end(undefined)], known],
    ["with its whole message", [{ type: "message_start" }, end(said)], known],
    ["in both", [start(null), end(null)], noTokens],
    [
      "but for a later 0",
      [start(said), end({ input_tokens: 0, output_tokens: 41 })],
      {
        ...known,
        outputTokens: 41,
      },
    ],
  ] as const)("%s is settled by what was said", (_, events, usage) => {
    const reply = growReply();
    for (const event of [...events, { type: "message_stop" } as const]) reply.add(event);
    expect(reply.usage()).toEqual(usage);
    expect(reply.whole()).toMatchObject({ stopReason: "end_turn", usage });
  });
});

describe("a stream that says less than was seen of it", () => {
  const WORDS = "word ".repeat(100);
  const tokens = likelyTokens(WORDS);
  const start: MessageEvent = { type: "message_start", message: { usage: said } };
  const end = (output_tokens: unknown): MessageEvent => {
    return { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens } };
  };
  const open = (index: number, more: object = {}): MessageEvent => {
    const content_block = { type: "text", text: "", ...more };
    return { type: "content_block_start", index, content_block };
  };
  const delta = (index: number, text = WORDS): MessageEvent => {
    return { type: "content_block_delta", index, delta: { type: "text_delta", text } };
  };
  const call = (input: Json) => ({ type: "tool_use", id: "t", name: "read", input });
  const search = { type: "server_tool_use", id: "s", name: "web_search", input: { query: "q" } };
  const usageOf = (events: readonly MessageEvent[]) => {
    const reply = growReply();
    for (const event of [start, ...events]) reply.add(event);
    return reply.usage();
  };

  it.each<[string, readonly MessageEvent[], number]>([
    ["two blocks of one index", [open(0), delta(0), open(0), delta(0)], 2 * tokens],
    ["a second beginning", [open(0), delta(0), start, open(0), delta(0)], 2 * tokens],
    ["no beginning of a block", [delta(0), delta(0)], likelyTokens(WORDS + WORDS)],
    ["arguments that are a text", [open(0, call(WORDS))], tokens],
    ["a final figure, and more behind it", [open(0), end(3), delta(0)], tokens],
    ["a figure that no call can reach", [open(0), delta(0), end(1e18)], tokens],
    ["a figure that is no whole number", [open(0), delta(0), end(99.5)], tokens],
  ])("is taken to have used what was seen, with %s", (_, events, least) => {
    expect(usageOf(events).outputTokens).toBeGreaterThanOrEqual(least);
  });

  it("is taken to have made the searches that were seen", () => {
    const events = [open(0, search), open(1, { ...search, id: "u" }), open(2), delta(2)];
    expect(usageOf(events)).toMatchObject({ webSearches: 2 });
    expect(usageOf([...events, end(500)])).not.toHaveProperty("webSearches");
  });

  it("has the text of a block whose beginning did not come, and of both of one index", () => {
    const reply = growReply();
    for (const event of [start, delta(0, "a"), open(0), delta(0, "b"), end(5)]) reply.add(event);
    reply.add({ type: "message_stop" });
    expect(reply.whole()?.content).toEqual([
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ]);
  });
});

it("what several attempts used is added up, and what none used is left out", () => {
  expect(addTokens(known, known)).toEqual({
    inputTokens: 20,
    cacheReadTokens: 40,
    cacheWriteTokens: 60,
    outputTokens: 80,
  });
  const sum = addTokens({ ...known, cacheWrite1hTokens: 5 }, { ...known, webSearches: 2 });
  expect(sum).toMatchObject({ cacheWrite1hTokens: 5, webSearches: 2 });
  expect(addTokens(sum, sum)).toMatchObject({ cacheWrite1hTokens: 10, webSearches: 4 });
});
