import { describe, expect, it } from "vitest";
import {
  contextExceeded,
  promptTooLong,
  raw,
  rawBlock,
  type SaidBlock,
  type SaidOptions,
  say,
  text,
  toolUse,
  wholeText,
  wholeToolUse,
} from "../fixtures/messages-server.ts";

function events(said: string | readonly SaidBlock[], options: SaidOptions = {}) {
  return [...say(said, options).events];
}

/** The usage of the first and of the last report. */
function usages(options: SaidOptions) {
  const [start, , , , , end] = events("a", options) as { message?: object; usage?: object }[];
  return [start!.message, end].map((event) => ("usage" in event! ? event.usage : "none"));
}

describe("a scripted reply", () => {
  it("says its usage, with the writes to the cache and the searches apart", () => {
    expect(
      usages({ usage: { output: 7 }, cacheWrites: { "5m": 20, "1h": 3 }, webSearches: 2 }),
    ).toEqual([
      {
        input_tokens: 10,
        cache_read_input_tokens: 0,
        cache_creation_input_tokens: 23,
        cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 3 },
        output_tokens: 1,
      },
      {
        input_tokens: null,
        output_tokens: 7,
        server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
      },
    ]);
  });

  it("leaves its usage out of either event, or says another", () => {
    expect(usages({ withoutUsage: ["message_start"] })).toEqual([
      "none",
      { input_tokens: null, output_tokens: 5 },
    ]);
    expect(usages({ withoutUsage: ["message_delta"] })[1]).toBe("none");
    expect(usages({ lastUsage: { input_tokens: 0 } })[1]).toEqual({
      input_tokens: 0,
      output_tokens: 5,
    });
  });

  it.each([
    ["end_turn", [text("a")], {}],
    ["tool_use", [toolUse("t1", "add", {})], {}],
    ["tool_use", [wholeToolUse("t1", "add", {})], {}],
    ["a reason to come", [text("a")], { stopReason: "a reason to come" }],
    [null, [text("a")], { stopReason: null }],
  ])("stops for %s", (reason, blocks, options) => {
    expect(events(blocks, options).at(-2)).toMatchObject({ delta: { stop_reason: reason } });
  });

  it("gives a call and a text whole, without deltas, and any other block", () => {
    const blocks = [
      wholeText("a"),
      wholeToolUse("t1", "add", { a: 2 }),
      rawBlock({ type: "new" }, [{ type: "d" }]),
    ];
    const ofBlocks = events(blocks).filter(({ type }) => type.startsWith("content_block_"));
    expect(ofBlocks).toEqual([
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "a" } },
      { type: "content_block_stop", index: 0 },
      {
        type: "content_block_start",
        index: 1,
        content_block: { type: "tool_use", id: "t1", name: "add", input: { a: 2 } },
      },
      { type: "content_block_stop", index: 1 },
      { type: "content_block_start", index: 2, content_block: { type: "new" } },
      { type: "content_block_delta", index: 2, delta: { type: "d" } },
      { type: "content_block_stop", index: 2 },
    ]);
  });

  it("is any events, with any ending", () => {
    expect(raw([{ type: "ping" }], "destroy")).toEqual({
      events: [{ type: "ping" }],
      ending: "destroy",
    });
    expect(raw([]).ending).toBe("end");
  });

  it("refuses what is too long in the words of the service", () => {
    expect(contextExceeded(199_759, 8_192)).toMatchObject({
      status: 400,
      body: expect.stringContaining("exceed context limit: 199759 + 8192 > 200000, decrease input"),
    });
    expect(promptTooLong(208_656)).toMatchObject({
      status: 400,
      body: expect.stringContaining("prompt is too long: 208656 tokens > 200000 maximum"),
    });
  });
});
