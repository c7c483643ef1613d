import { describe, expect, it } from "vitest";
import { refuseJsonText, refuseRequest } from "../fixtures/messages-rules.ts";
import {
  answered,
  asks,
  good,
  mark,
  refusalOf,
  result,
  says,
  talk,
  text,
  thought,
  user,
} from "./messages-bodies.ts";

const old = "2023-06-01";
const long = { cache_control: { type: "ephemeral", ttl: "1h" } };
const short = { cache_control: { type: "ephemeral", ttl: "5m" } };
const tool = { name: "add", input_schema: { type: "object" } };
const thinks = (budget: unknown, maxTokens = 2_000, more: object = {}) => ({
  ...good,
  max_tokens: maxTokens,
  thinking: { type: "enabled", budget_tokens: budget, ...more },
});
const thinking = (config: unknown) => ({ ...good, max_tokens: 2_000, thinking: config });

describe("the parameters of a request", () => {
  it.each<[string, unknown, string, unknown]>([
    [
      "an unknown field",
      { ...good, n: 1 },
      "n: Extra inputs are not permitted",
      { ...good, metadata: {} },
    ],
    ["no model", { ...good, model: undefined }, "model: Field required", good],
    ["an empty model", { ...good, model: "" }, "model: String should have at least 1", good],
    ["no max_tokens", { ...good, max_tokens: undefined }, "max_tokens: Field required", good],
    [
      "0 tokens",
      { ...good, max_tokens: 0 },
      "max_tokens: must be greater than or equal to 1",
      { ...good, max_tokens: 1 },
    ],
    [
      "half a token",
      { ...good, max_tokens: 1.5 },
      "max_tokens: Input should be a valid integer",
      good,
    ],
    [
      "a stream of text",
      { ...good, stream: "yes" },
      "stream: Input should be",
      { ...good, stream: true },
    ],
    [
      "a temperature",
      { ...good, temperature: 1 },
      "temperature: Extra inputs are not permitted",
      good,
    ],
    [
      "a budget of 1,023",
      thinks(1_023),
      "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
      thinks(1_024),
    ],
    [
      "a budget of all tokens",
      thinks(2_000),
      "`max_tokens` must be greater than `thinking.budget_tokens`.",
      thinks(1_999),
    ],
    [
      "no budget",
      thinks(undefined),
      "thinking.enabled.budget_tokens: Field required",
      thinks(1_024),
    ],
    [
      "a budget with half a token",
      thinks(1_024.5),
      "budget_tokens: Input should be a valid integer",
      thinks(1_024),
    ],
    [
      "thinking's own field",
      thinks(1_024, 2_000, { effort: "low" }),
      "thinking.enabled.effort: Extra inputs",
      thinks(1_024, 2_000, { display: "omitted" }),
    ],
    [
      "a budget for no thinking",
      thinking({ type: "disabled", budget_tokens: 1_024 }),
      "thinking.disabled.budget_tokens: Extra inputs",
      thinking({ type: "disabled" }),
    ],
    [
      "a budget that adapts",
      thinking({ type: "adaptive", budget_tokens: 1_024 }),
      "thinking.adaptive.budget_tokens: Extra",
      thinking({ type: "adaptive" }),
    ],
    [
      "thinking of no kind",
      thinking({ type: "on" }),
      "thinking: Input tag 'on' found using 'type' does not match",
      thinking({ type: "between_tools" }),
    ],
    [
      "thinking that is a flag",
      thinking(true),
      "thinking: Input should be a valid dictionary",
      good,
    ],
  ])("are refused with %s", (_, refused, words, taken) => {
    expect(refusalOf(refused)).toContain(words);
    expect(refusalOf(taken)).toBeUndefined();
  });

  it("may have a temperature under the old version, only 1 with thinking", () => {
    const rule = "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.";
    expect(refusalOf({ ...good, temperature: 0 }, old)).toBeUndefined();
    expect(refusalOf({ ...good, temperature: 1.1 }, old)).toBe("temperature: range: 0..1");
    expect(refusalOf({ ...thinks(1_024), temperature: 1 }, old)).toBeUndefined();
    expect(refusalOf({ ...thinks(1_024), temperature: 0.5 }, old)).toContain(rule);
    expect(refusalOf({ ...thinking({ type: "adaptive" }), temperature: 0 }, old)).toContain(rule);
    expect(refusalOf({ ...thinking({ type: "disabled" }), temperature: 0 }, old)).toBeUndefined();
  });

  it("come with a version", () => {
    expect(refuseRequest(good, {})).toBe("anthropic-version: header is required");
  });
});

describe("the marks for the cache", () => {
  it.each<[string, unknown, string, unknown]>([
    [
      "five",
      talk(asks(...Array(5).fill(text("a", mark)))),
      "A maximum of 4 blocks with cache_control may be provided. Found 5.",
      talk(asks(...Array(4).fill(text("a", mark)))),
    ],
    [
      "five in all places",
      {
        ...answered(result, text("a", mark), text("b", mark)),
        tools: [{ ...tool, ...mark }],
        system: [text("a", mark), text("b", mark)],
      },
      "A maximum of 4 blocks with cache_control may be provided. Found 5.",
      {
        ...answered({ ...result, ...mark }, text("b", mark)),
        tools: [{ ...tool, ...mark }],
        system: [text("a", mark)],
      },
    ],
    [
      "one inside a result beside four",
      answered({ ...result, content: [text("a", mark)] }, ...Array(4).fill(text("a", mark))),
      "Found 5.",
      answered({ ...result, content: [text("a", mark)] }, ...Array(3).fill(text("a", mark))),
    ],
    [
      "one on thinking",
      talk(user, says({ ...thought, ...mark }, text("a")), user),
      "messages.1.content.0.thinking.cache_control: Extra inputs are not permitted",
      talk(user, says(thought, text("a", mark)), user),
    ],
    [
      "one on an empty text",
      talk(asks(text("a"), text("", mark))),
      "messages.0.content.1.text: cache_control cannot be set for empty text blocks",
      talk(asks(text("a"), text("b", mark))),
    ],
    [
      "an hour behind five minutes",
      talk(asks(text("a", short), text("b", long))),
      "messages.0.content.1.cache_control.ttl: a ttl='1h' cache_control block must not come " +
        "after a ttl='5m' cache_control block. " +
        "Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
      talk(asks(text("a", long), text("b", short))),
    ],
    [
      "an hour behind a tool's default",
      { ...talk(asks(text("a", long))), tools: [{ ...tool, ...mark }] },
      "a ttl='1h' cache_control block must not come after",
      { ...talk(asks(text("a", mark))), tools: [{ ...tool, ...long }] },
    ],
    [
      "an hour in system behind a tool's five minutes",
      { ...good, system: [text("a", long)], tools: [{ ...tool, ...short }] },
      "system.0.cache_control.ttl: a ttl='1h'",
      { ...good, system: [text("a", long)], tools: [{ ...tool, ...long }] },
    ],
    [
      "a day",
      talk(asks(text("a", { cache_control: { type: "ephemeral", ttl: "24h" } }))),
      "messages.0.content.0.text.cache_control.ephemeral.ttl: Input should be '5m' or '1h'",
      talk(asks(text("a", long))),
    ],
    [
      "a field of its own",
      talk(asks(text("a", { cache_control: { type: "ephemeral", scope: "all" } }))),
      "messages.0.content.0.text.cache_control.ephemeral.scope: Extra inputs are not permitted",
      talk(asks(text("a", { cache_control: null }))),
    ],
    [
      "another type",
      talk(asks(text("a", { cache_control: { type: "on" } }))),
      "Input tag 'on'",
      good,
    ],
    [
      "a flag",
      talk(asks(text("a", { cache_control: true }))),
      "cache_control: Input should be",
      good,
    ],
    [
      "another type for all",
      { ...good, cache_control: { type: "on" } },
      "cache_control: Input tag 'on'",
      { ...good, ...mark },
    ],
  ])("are refused with %s", (_, refused, words, taken) => {
    expect(refusalOf(refused)).toContain(words);
    expect(refusalOf(taken)).toBeUndefined();
  });
});

describe("the bytes of a request", () => {
  it.each([
    ['{"a":"cut \\ud83d here"}', "no low surrogate in string: line 1 column 11 (char 10)"],
    ['{"a":"\\ud83d"}', "no low surrogate in string"],
    ['{"a":"\\ud83d\\n"}', "no low surrogate in string"],
    ['{"a":"\\ud83d\\ud83d\\ude00"}', "invalid low surrogate in string"],
    ['{"a":"\\ude00"}', "invalid high surrogate in string"],
    ['{"\\uDE00":1}', "invalid high surrogate in string"],
    ['{"a":"\\ud83d\\u0041"}', "invalid low surrogate in string"],
    ["{", "The request body is not valid JSON: "],
    ["", "The request body is not valid JSON: "],
  ])("are refused as %s", (json, words) => {
    expect(refuseJsonText(Buffer.from(json))).toContain(words);
  });

  it.each(['{"a":"\\ud83d\\ude00"}', '{"a":"\\\\ud83d"}', '{"a":"😀\\uD83D\\uDE00\\n"}', "{}"])(
    "are taken as %s",
    (json) => expect(refuseJsonText(Buffer.from(json))).toBeUndefined(),
  );

  it("are refused when they are no UTF-8", () => {
    const half = Buffer.from([0x22, 0xed, 0xa0, 0xbd, 0x22]);
    expect(refuseJsonText(half)).toContain("str is not valid UTF-8: surrogates not allowed");
  });
});
