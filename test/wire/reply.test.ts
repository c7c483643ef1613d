import { describe, expect, it } from "vitest";
import type { Json } from "../../src/wire/json.ts";
import { repairReply } from "../../src/wire/reply.ts";
import type { Block } from "../../src/wire/transcript.ts";

const use = (id: string, input: Json = {}, name = "add"): Block => {
  return { type: "tool_use", id, name, input };
};
const text = (said: string): Block => ({ type: "text", text: said });
const thinking = (signature = "sig"): Block => ({ type: "thinking", thinking: "hm", signature });
const repair = (content: readonly Block[], taken: readonly string[] = []) =>
  repairReply(content, new Set(taken), 7);
const idsIn = (content: readonly Block[]) =>
  content.flatMap((block) => (block.type === "tool_use" ? [block.id] : []));
/** An object of so many bytes of JSON. */
const sized = (bytes: number): Json => ({ a: "x".repeat(bytes - '{"a":""}'.length) });

function nested(levels: number): Json {
  let value: Json = {};
  for (let level = 1; level < levels; level += 1) value = { a: value };
  return value;
}

describe("a reply that needs no repair", () => {
  it.each<[string, readonly Block[]]>([
    ["nothing", []],
    ["text", [text("a"), text(" b\n")]],
    ["thinking before text", [thinking(), text("a")]],
    ["calls", [text("a"), use("u1", { a: 1 }), use("call_7_0", { 日: "\u{1f600}" })]],
    ["128 calls", Array.from({ length: 128 }, (_, n) => use(`u${n}`))],
  ])("is kept as the same object: %s", (_, content) => {
    const repaired = repair(content);
    expect(repaired.content).toBe(content);
    expect(repaired.calls.map(({ id }) => id)).toEqual(idsIn(content));
  });
});

describe("the ids of calls", () => {
  it("that are empty, odd, or used before are made, by turn and place", () => {
    const long = "x".repeat(65);
    const content = [use(""), use("a:b"), use(long), use("old"), use("x"), use("x"), use("y-_9")];
    const { content: kept, calls } = repair(content, ["old"]);
    const ids = ["call_7_0", "call_7_1", "call_7_2", "call_7_3", "x", "call_7_5", "y-_9"];
    expect(idsIn(kept)).toEqual(ids);
    expect(calls.map(({ id }) => id)).toEqual(ids);
    expect(repair(content, ["old"]).content).toEqual(kept);
  });

  it("that are made are not used before either", () => {
    const taken = ["call_7_0", "call_7_0_1"];
    const { content } = repair([use(""), use("call_7_0"), use("call_7_0_2")], taken);
    expect(idsIn(content)).toEqual(["call_7_0_2", "call_7_1", "call_7_2"]);
  });
});

describe("the names of tools", () => {
  it.each([
    ["", "unnamed", ""],
    ["fs.read file", "fs_read_file", "fs.read file"],
    ["läuft", "l_uft", "läuft"],
    ["a\ud83d", "a_", "a\ufffd"],
    ["n".repeat(129), "n".repeat(128), `${"n".repeat(128)}…`],
    ["n".repeat(128), "n".repeat(128), "n".repeat(128)],
  ])("such as %j are names in the transcript, and said as they came", (name, kept, said) => {
    const { content, calls } = repair([use("u1", {}, name)]);
    expect([content, calls]).toMatchObject([[{ name: kept }], [{ name: said }]]);
  });
});

describe("an input", () => {
  it.each<[Json, string]>([
    ["str", "this text: str"],
    ['{"oops', 'this text: {"oops'],
    ["", "this text: "],
    [[1, { a: 2 }], '[1,{"a":2}]'],
    [null, "null"],
    [7, "7"],
    [false, "false"],
  ])("that is no object is none, and a fault: %j", (input, quoted) => {
    const { content, calls } = repair([use("u1", input)]);
    expect(content).toEqual([use("u1", {})]);
    expect(calls).toEqual([
      {
        id: "u1",
        name: "add",
        input: {},
        fault: `has to be a JSON object, and was ${quoted}`,
      },
    ]);
  });

  it("is quoted with 200 characters at most, none of them half", () => {
    const [call] = repair([use("u1", `${"x".repeat(199)}\u{1f600}${"y".repeat(1_000)}`)]).calls;
    expect(call?.fault).toBe(`has to be a JSON object, and was this text: ${"x".repeat(199)}…`);
    const [list] = repair([
      use(
        "u1",
        Array.from({ length: 10_000 }, (_, n) => n),
      ),
    ]).calls;
    expect(list?.fault?.length).toBeLessThan(260);
  });

  it("has a million bytes of JSON at most", () => {
    const content = [use("u1", sized(1_000_000))];
    expect(repair(content).content).toBe(content);
    const [over] = repair([use("u1", sized(1_000_001))]).calls;
    expect(over).toMatchObject({ input: {}, fault: expect.stringContaining("1000001 bytes") });
    // Two characters of the text, six bytes of JSON each.
    const [escaped] = repair([use("u1", { a: "\u0000".repeat(170_000) })]).calls;
    expect(escaped?.fault).toContain("bytes of JSON");
    const wide = [use("u1", { a: "\u{1f600}".repeat(249_000) })];
    expect(repair(wide).content).toBe(wide);
    const [many] = repair([use("u1", { a: Array.from({ length: 200_000 }, () => 1234) })]).calls;
    expect(many?.fault).toContain("1000007 bytes");
  });

  it("nests 200 levels at most", () => {
    const content = [use("u1", nested(200))];
    expect(repair(content).content).toBe(content);
    const deep = JSON.parse(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`) as Json;
    for (const input of [nested(201), deep]) {
      const [call] = repair([use("u1", input)]).calls;
      expect(call).toMatchObject({ input: {}, fault: expect.stringContaining("200 levels") });
    }
  });

  it("that was left as text says why, where it is JSON", () => {
    const faultOf = (json: string) => repair([use("u1", json)]).calls[0]?.fault;
    const exact = "which cannot be kept exactly; give it as text";
    expect(faultOf('{"a":[-9007199254740993]}')).toBe(`has the number -9007199254740993, ${exact}`);
    expect(faultOf('{"a":1e999}')).toBe(`has the number 1e999, ${exact}`);
    expect(faultOf(`{"a":${"7".repeat(99)}}`)).toContain(`number ${"7".repeat(50)}…, ${exact}`);
    expect(faultOf(`{"a":${"[".repeat(300)}${"]".repeat(300)}}`)).toContain("200 levels");
    expect(faultOf('{"a":9007199254740992,"b":1e30,"c":0.12345678901234567890}')).toContain("text");
  });

  it("keeps each of its keys, whatever is mended in them", () => {
    const input = JSON.parse('{"\\ud83d":1,"\\ud83e":2,"\ufffd\ufffd":3}') as Json;
    const good = { "\ufffd": 1, "\ufffd\ufffd\ufffd": 2, "\ufffd\ufffd": 3 };
    expect(repair([use("u1", input)]).calls[0]?.input).toEqual(good);
  });

  it("is well formed, keys and all, for its tool too", () => {
    const input = JSON.parse('{"a\\ud83d":["\\udc00b",{"d":"\\ud83d"}],"c":1}') as Json;
    const { content, calls } = repair([use("u1", input)]);
    const good = JSON.parse('{"a\ufffd":["\ufffdb",{"d":"\ufffd"}],"c":1}') as Json;
    expect(content).toEqual([use("u1", good)]);
    expect(calls).toEqual([{ id: "u1", name: "add", input: good }]);
  });
});

describe("what is said", () => {
  it("is well formed, and never blank", () => {
    const content = [text(""), text("a\ud83d"), text(" \n"), text("b"), use("u1"), text("\t")];
    expect(repair(content).content).toEqual([text("a\ufffd \n"), text("b"), use("u1")]);
    expect(repair([text(" ")]).content).toEqual([]);
  });

  it("has signed thinking, never at its end", () => {
    const redacted: Block = { type: "redacted_thinking", data: "x" };
    expect(repair([thinking(""), text("a")]).content).toEqual([text("a")]);
    expect(repair([text("a"), thinking(), redacted]).content).toEqual([text("a")]);
    expect(repair([thinking(), text(" ")]).content).toEqual([]);
    expect(repair([redacted, thinking(), use("u1")]).content).toHaveLength(3);
  });

  it("has only what a model may say", () => {
    const strange = { type: "server_tool_use", id: "s1", name: "web_search", input: {} };
    const image = { type: "image", source: {} };
    const result = { type: "tool_result", tool_use_id: "u0", content: "x" };
    const content = [strange, image, result, text("a")] as readonly Block[];
    expect(repair(content)).toEqual({ content: [text("a")], calls: [] });
  });
});

it("runs the first 128 calls, and keeps all of them", () => {
  const content = Array.from({ length: 130 }, (_, n) => use(`u${n}`, n === 0 ? "bad" : {}));
  const { content: kept, calls } = repair(content);
  expect([idsIn(kept).length, calls.length, calls[127]?.id]).toEqual([130, 128, "u127"]);
});
