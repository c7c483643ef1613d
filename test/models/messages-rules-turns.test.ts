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

const second = { ...call, id: "t2" };
const secondResult = { ...result, tool_use_id: "t2" };
const results = (more: object) => answered({ ...result, ...more });

/** A title, what is refused, with which words, and the nearest that is taken. */
type Row = readonly [title: string, refused: unknown, words: string, taken: unknown];

const rows: readonly Row[] = [
  ["no messages", talk(), "messages: at least one message is required", good],
  ["messages left out", { ...good, messages: undefined }, "messages: Field required", good],
  ["messages that are no list", { ...good, messages: {} }, "messages: Input should be a", good],
  ["a body that is no object", [], "Input should be a valid dictionary", good],
  ["a message that is none", talk("hello"), "messages.0: Input should be a valid dictionary", good],
  ["a message without a role", talk({ content: "a" }), "messages.0.role: Field required", good],
  ["a role of its own", talk({ ...user, role: "tool" }), 'messages: Unexpected role "tool"', good],
  ["a message without content", talk({ role: "user" }), "messages.0.content: Field required", good],
  ["content that is null", talk({ ...user, content: null }), "messages.0.content: Input", good],
  ["a message's own field", talk({ ...user, id: 1 }), "messages.0.id: Extra inputs are not", good],
  [
    "an empty text as message",
    talk({ ...user, content: "" }),
    "messages.0: all messages must have non-empty content except for the optional final assistant",
    talk({ ...user, content: "." }),
  ],
  [
    "a message without blocks",
    talk(asks()),
    "messages.0: all messages must have",
    talk(asks(text("."))),
  ],
  [
    "a blank text as message",
    talk({ ...user, content: " \n" }),
    "messages: text content blocks must contain non-whitespace text",
    talk({ ...user, content: " \n." }),
  ],
  [
    "an empty text among others",
    talk(asks(text("a"), text(""))),
    "messages: text content blocks must be non-empty",
    talk(asks(text("a"), text("b"))),
  ],
  [
    "an empty text in a result",
    results({ content: [text("")] }),
    "messages: text content blocks must be non-empty",
    results({ content: "" }),
  ],
  [
    "a blank text in a result",
    results({ content: [text(" ")] }),
    "messages: text content blocks must contain non-whitespace text",
    results({ content: [] }),
  ],
  [
    "a first message of the assistant",
    talk(says(text("a")), user),
    'messages: first message must use the "user" role',
    talk(user, says(text("a")), user),
  ],
  [
    "a last message of the assistant",
    talk(user, says(text("a"))),
    "This model does not support assistant message prefill. The conversation must end with a user",
    talk(user, says(text("a")), user, user),
  ],
  [
    "a call at the end",
    talk(user, says(call)),
    "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1.",
    talk(
      user,
      says(text("a"), { type: "server_tool_use", id: "srvtoolu_1", name: "a", input: {} }),
    ),
  ],
  [
    "a call that a text follows",
    talk(user, says(call), user),
    "messages.1: `tool_use` ids",
    answered(result),
  ],
  [
    "one of two results left out",
    talk(user, says(call, second), asks(result)),
    "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t2.",
    talk(user, says(call, second), asks(secondResult, result)),
  ],
  [
    "a result behind a text",
    answered(text("a"), result),
    "messages.1: `tool_use` ids were found without",
    answered(result, text("a")),
  ],
  [
    "a result in a later message",
    talk(user, says(call), user, asks(result)),
    "messages.1: `tool_use` ids were found without",
    talk(user, says(call), asks(result), user),
  ],
  [
    "a result without its call",
    talk(asks(result)),
    "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: t1. Each",
    answered(result),
  ],
  [
    "two results of a call",
    answered(result, result),
    "messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result`",
    answered(result),
  ],
  [
    "an id twice in a turn",
    talk(user, says(call, call), asks(result)),
    "messages.1.content.1: `tool_use` ids must be unique",
    talk(user, says(call, second), asks(result, secondResult)),
  ],
  [
    "an id twice in the conversation",
    talk(user, says(call), asks(result), says(text("a"), call), asks(result)),
    "messages.3.content.1: `tool_use` ids must be unique",
    talk(user, says(call), asks(result), says(text("a"), second), asks(secondResult)),
  ],
  [
    "a message that ends with thinking",
    talk(user, says(thought), user),
    "messages.1: The final block in an assistant message cannot be `thinking`.",
    talk(user, says(thought, text("a")), user),
  ],
  [
    "a message that ends with redacted thinking",
    talk(user, says(text("a"), { type: "redacted_thinking", data: "x" }), user),
    "messages.1: The final block in an assistant message cannot be `thinking`.",
    talk(user, says({ type: "redacted_thinking", data: "x" }, text("a")), user),
  ],
  [
    "a blank system",
    { ...good, system: " " },
    "system: text content blocks must",
    { ...good, system: "a" },
  ],
  [
    "a blank block of system",
    { ...good, system: [text("a"), text("")] },
    "system: text content blocks must be non-empty",
    { ...good, system: [text("a")] },
  ],
  [
    "an image in system",
    { ...good, system: [{ type: "image" }] },
    "system.0: `image` blocks can only",
    { ...good, system: [] },
  ],
  [
    "a system of another form",
    { ...good, system: {} },
    "system: Input should be a valid list",
    good,
  ],
];

describe("a conversation", () => {
  it.each(rows)("is refused with %s, and taken without", (_, refused, words, taken) => {
    expect(refusalOf(refused)).toContain(words);
    expect(refusalOf(taken)).toBeUndefined();
  });
});

describe("a loop of calls with thinking enabled", () => {
  const thinks = (...messages: unknown[]) => ({
    ...talk(...messages),
    max_tokens: 2_000,
    thinking: { type: "enabled", budget_tokens: 1_024 },
  });
  const redacted = { type: "redacted_thinking", data: "x" };

  it.each([
    ["a call", [user, says(call), asks(result)], 1, "tool_use"],
    ["a text", [user, says(text("a"), thought, call), asks(result)], 1, "text"],
    [
      "a call, though later ones have thoughts",
      [user, says(call), asks(result), says(thought, second), asks(secondResult)],
      1,
      "tool_use",
    ],
    [
      "a call in the last of two turns",
      [user, says(thought, text("a")), user, says(call), asks(result)],
      3,
      "tool_use",
    ],
  ])("is refused when it begins with %s", (_, messages, index, found) => {
    expect(refusalOf(thinks(...messages))).toContain(
      `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, ` +
        `but found \`${found}\``,
    );
    const { thinking: _without, ...disabled } = thinks(...messages);
    expect(refusalOf(disabled)).toBeUndefined();
    expect(refusalOf({ ...disabled, thinking: { type: "adaptive" } })).toBeUndefined();
  });

  it.each([
    ["a thought", [user, says(thought, call), asks(result)]],
    ["a redacted one", [user, says(redacted, call), asks(result)]],
    [
      "a thought before its first call only",
      [user, says(thought, call), asks(result), says(second), asks(secondResult)],
    ],
    ["a call, when it is over", [user, says(call), asks(result), says(text("a")), user]],
  ])("is taken when it begins with %s", (_, messages) => {
    expect(refusalOf(thinks(...messages))).toBeUndefined();
  });
});
