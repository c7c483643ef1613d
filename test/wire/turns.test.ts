import { describe, expect, it } from "vitest";
import type { Block, TurnMessage } from "../../src/wire/transcript.ts";
import { rightTurns } from "../../src/wire/turns.ts";
import { refuseJsonText, refuseRequest } from "../fixtures/messages-rules.ts";
import fc from "../fixtures/properties.ts";

const user = (content: TurnMessage["content"]): TurnMessage => ({ role: "user", content });
const said = (content: TurnMessage["content"]): TurnMessage => ({ role: "assistant", content });
const text = (words: string): Block => ({ type: "text", text: words });
const use = (id: string, input: unknown = {}): Block => {
  return { type: "tool_use", id, name: "look", input: input as null };
};
const result = (id: string, content: string | readonly Block[] = "ok"): Block => {
  return { type: "tool_result", tool_use_id: id, content };
};
const cancelled = { content: "cancelled", is_error: true };

describe("a conversation that a machine wrote", () => {
  it("is sent as it is where it is right", () => {
    const messages = [
      user("go"),
      said([text("Looking."), use("a"), use("b")]),
      user([result("b"), { ...result("a"), is_error: true } as Block, text("and on")]),
    ];
    const sent = rightTurns(messages);
    expect(sent.slice(0, 2)).toEqual([user("go"), messages[1]]);
    expect(sent[2]!.content).toEqual([
      { ...result("a"), is_error: true },
      result("b"),
      text("and on"),
    ]);
  });

  it("begins and ends with the user, and is never empty", () => {
    expect(rightTurns([])).toEqual([user("[empty message]")]);
    expect(rightTurns([said("hello")])).toEqual([
      user("[empty message]"),
      said("hello"),
      user("[go on]"),
    ]);
    expect(rightTurns([user(" ")])).toEqual([user("[empty message]")]);
  });

  it("has a result for each call right behind it, and no other", () => {
    expect(rightTurns([user("go"), said([use("a")]), said("then"), user([result("a")])])).toEqual([
      user("go"),
      said([use("a")]),
      user([{ type: "tool_result", tool_use_id: "a", ...cancelled }]),
      said("then"),
      user([text("[result of a call that is not in this conversation] ok")]),
    ]);
    expect(rightTurns([user("go"), said([use("a")])]).at(-1)).toEqual(
      user([{ type: "tool_result", tool_use_id: "a", ...cancelled }]),
    );
  });

  it("has words alone in the result of a call that failed", () => {
    const source = { type: "url", url: "https://a.example/b.png" };
    const image = { type: "image", source } as unknown as Block;
    const failed = { ...result("a", [text("no"), image]), is_error: true } as Block;
    const sent = rightTurns([
      { role: "user", content: "go" },
      { role: "assistant", content: [use("a")] },
      { role: "user", content: [failed] },
    ]);
    const note = text("[image left out: the call failed]");
    expect(sent[2]?.content).toEqual([{ ...failed, content: [text("no"), note] }]);
  });

  it("has ids that are used once, also where the machine wrote one twice", () => {
    const turn = [said([use("a b"), use("a b")]), user([result("a b", "once")])];
    const sent = rightTurns([user("go"), ...turn, ...turn]);
    const ids = sent.flatMap(({ content }) =>
      [content]
        .flat()
        .flatMap((block) =>
          typeof block === "object" && block.type === "tool_use" ? [block.id] : [],
        ),
    );
    expect(new Set(ids).size).toBe(4);
  });

  it("is one that the service takes, whatever it was", () => {
    const words = fc.constantFrom("", " ", "a", "half \ud83d", "\udc00");
    const id = fc.constantFrom("a", "b", "", "c d");
    const block = fc.oneof(
      words.map(text),
      fc.tuple(id, fc.constantFrom<unknown>({}, { a: 1 }, "str", [1], null)).map(([at, input]) => {
        return use(at, input);
      }),
      fc
        .tuple(
          id,
          fc.oneof(
            words,
            words.map((one) => [text(one)]),
          ),
        )
        .map(([at, content]) => {
          return result(at, content);
        }),
      fc.constantFrom<unknown>(
        { type: "thinking", thinking: "hm", signature: "" },
        { type: "thinking", thinking: "hm", signature: "s" },
        { type: "image", source: { type: "url", url: "http://a.example" } },
        { type: "image", source: 1 },
        { type: "note", text: "a" },
        { type: "text", text: "a", author: "b" },
        { type: "text" },
        { type: "tool_use" },
        { type: "tool_use", id: 5, name: null, input: {}, index: 0 },
        { type: "tool_result" },
        { type: "redacted_thinking", data: 5 },
      ) as fc.Arbitrary<Block>,
    );
    const message = fc.record({
      role: fc.constantFrom("user", "assistant", "system"),
      content: fc.oneof(words, fc.array(block, { maxLength: 5 })),
    }) as fc.Arbitrary<TurnMessage>;
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), (messages) => {
        const sent = rightTurns(messages);
        const body = { model: "claude-test", max_tokens: 10, stream: true, messages: sent };
        const headers = { "anthropic-version": "2026-10-21" };
        expect(refuseRequest(JSON.parse(JSON.stringify(body)), headers)).toBeUndefined();
        expect(refuseJsonText(Buffer.from(JSON.stringify(body)))).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});
