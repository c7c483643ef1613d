import { describe, expect, it } from "vitest";
import {
  answered,
  asks,
  call,
  good,
  refusalOf,
  result,
  says,
  talk,
  text,
  thought,
  user,
} from "./messages-bodies.ts";

const calls = (more: object) => talk(user, says({ ...call, ...more }), asks(result));
const results = (more: object) => answered({ ...result, ...more });

/** A title, what is refused, with which words, and the nearest that is taken. */
type Row = readonly [title: string, refused: unknown, words: string, taken: unknown];

const rows: readonly Row[] = [
  [
    "an empty id",
    calls({ id: "" }),
    "messages.1.content.0.tool_use.id: String should match",
    calls({}),
  ],
  [
    "an id with a colon",
    talk(user, says({ ...call, id: "a:1" }), asks({ ...result, tool_use_id: "a:1" })),
    "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    talk(user, says({ ...call, id: "a-_1" }), asks({ ...result, tool_use_id: "a-_1" })),
  ],
  [
    "a number as id",
    calls({ id: 1 }),
    "messages.1.content.0.tool_use.id: Input should be",
    calls({}),
  ],
  [
    "a name with a slash",
    calls({ name: "a/b" }),
    "tool_use.name: String should match pattern",
    calls({ name: "a__b" }),
  ],
  [
    "a call without a name",
    calls({ name: "" }),
    "tool_use.name: String should have at least 1",
    calls({ name: "a" }),
  ],
  [
    "a call's name of 201 letters",
    calls({ name: "a".repeat(201) }),
    "messages.1.content.0.tool_use.name: String should have at most 200 characters",
    calls({ name: "a".repeat(200) }),
  ],
  ...["str", [1], null, 1].map(
    (input): Row => [
      `the input ${JSON.stringify(input)}`,
      calls({ input }),
      "messages.1.content.0.tool_use.input: Input should be a valid dictionary",
      calls({ input: { any: input } }),
    ],
  ),
  [
    "a call without input",
    calls({ input: undefined }),
    "tool_use.input: Field required",
    calls({}),
  ],
  [
    "a call's own field",
    calls({ index: 0 }),
    "messages.1.content.0.tool_use.index: Extra inputs",
    calls({ caller: { type: "direct" } }),
  ],
  [
    "a result's own field",
    results({ name: "add" }),
    "messages.2.content.0.tool_result.name: Extra",
    results({ is_error: false }),
  ],
  [
    "an odd id of a result",
    results({ tool_use_id: "t.1" }),
    "tool_result.tool_use_id: String should",
    results({}),
  ],
  [
    "a result that is null",
    results({ content: null }),
    "tool_result.content: Input should be",
    results({ content: undefined }),
  ],
  [
    "rows as a result",
    results({ content: [{ a: 1 }] }),
    "tool_result.content.0.type: Field required",
    results({ content: [text("a")] }),
  ],
  [
    "a text with an author in a result",
    results({ content: [text("a", { author: "b" })] }),
    "messages.2.content.0.tool_result.content.0.text.author: Extra inputs are not permitted",
    results({ content: [text("a", { citations: null })] }),
  ],
  [
    "a call inside a result",
    results({ content: [call] }),
    "tool_result.content.0: Input tag 'tool_use'",
    results({}),
  ],
  [
    "an error without words",
    results({ is_error: true, content: "" }),
    "messages.2.content.0.tool_result: content cannot be empty if `is_error` is true",
    results({ is_error: true }),
  ],
  [
    "an error without blocks",
    results({ is_error: true, content: [] }),
    "content cannot be empty if",
    results({ is_error: true, content: [text("a")] }),
  ],
  [
    "an image as an error",
    results({
      is_error: true,
      content: [text("a"), { type: "image", source: { type: "file", file_id: "f" } }],
    }),
    "messages.2.content.0.tool_result: all content must be type `text` if `is_error` is true",
    results({ content: [text("a"), { type: "image", source: { type: "file", file_id: "f" } }] }),
  ],
  [
    "a text that is none",
    talk(asks(text(5))),
    "messages.0.content.0.text.text: Input should be a valid string",
    talk(asks(text("5"))),
  ],
  [
    "a text left out",
    talk(asks({ type: "text" })),
    "messages.0.content.0.text.text: Field required",
    talk(asks(text("5"))),
  ],
  [
    "a text's own field",
    talk(asks(text("a", { id: 1 }))),
    "messages.0.content.0.text.id: Extra",
    talk(asks(text("a"))),
  ],
  [
    "an unknown block",
    talk(asks({ type: "audio" })),
    "messages.0.content.0: Input tag 'audio' found using 'type' does not match any of the",
    good,
  ],
  [
    "a block's name from Object",
    talk(asks({ type: "constructor" })),
    "Input tag 'constructor'",
    good,
  ],
  [
    "a block without a type",
    talk(asks({ text: "a" })),
    "messages.0.content.0.type: Field required",
    good,
  ],
  [
    "a call of the user",
    talk(asks(call)),
    "messages.0.content.0: `tool_use` blocks can only be in `assistant` messages",
    good,
  ],
  [
    "a result of the assistant",
    talk(user, says(result), user),
    "`tool_result` blocks can only be in `user` messages",
    good,
  ],
  [
    "thinking of the user",
    talk(asks(thought)),
    "`thinking` blocks can only be in `assistant` messages",
    talk(user, says(thought, text("a")), user),
  ],
  [
    "thinking without a signature",
    talk(user, says({ type: "thinking", thinking: "a" }, text("a")), user),
    "messages.1.content.0.thinking.signature: Field required",
    talk(user, says({ ...thought, thinking: "" }, text("a")), user),
  ],
  [
    "an empty signature",
    talk(user, says({ ...thought, signature: "" }, text("a")), user),
    "messages.1.content.0: Invalid `signature` in `thinking` block",
    good,
  ],
  [
    "thinking without thoughts",
    talk(user, says({ type: "thinking", signature: "s" }, text("a")), user),
    "thinking.thinking: Field required",
    good,
  ],
  [
    "thinking's own field",
    talk(user, says({ ...thought, text: "" }, text("a")), user),
    "messages.1.content.0.thinking.text: Extra inputs are not permitted",
    good,
  ],
  [
    "redacted thinking without data",
    talk(user, says({ type: "redacted_thinking" }, text("a")), user),
    "redacted_thinking.data: Field required",
    good,
  ],
];

describe("a block", () => {
  it.each(rows)("is refused as %s, and taken otherwise", (_, refused, words, taken) => {
    expect(refusalOf(refused)).toContain(words);
    expect(refusalOf(taken)).toBeUndefined();
  });
});
