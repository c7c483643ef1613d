import { describe, expect, it } from "vitest";
import { readMcpResult } from "../../../src/tools/mcp/mcp-result.ts";

const text = (said: string) => ({ type: "text", text: said }) as const;
const image = (mimeType: string) => ({ type: "image", data: "aGk=", mimeType }) as const;

const jsonOfMcpResult = (result: object) => readMcpResult({ ...result }).value;

describe("readMcpResult", () => {
  it("joins text to one string", () => {
    expect(jsonOfMcpResult({ content: [text("one"), text("two")] })).toBe("one\ntwo");
    expect(jsonOfMcpResult({ content: [text("")] })).toBe("");
  });

  it("shows structured content alone as it is", () => {
    const structuredContent = { sheets: 3 };
    for (const content of [[], undefined, null, [text("")], [text(" \n")]]) {
      expect(readMcpResult({ content, structuredContent })).toEqual({
        ...{ isError: false, value: { sheets: 3 }, odd: [] },
      });
    }
    expect(jsonOfMcpResult({ content: [], structuredContent: null })).toBeNull();
    expect(jsonOfMcpResult({ structuredContent: [1] })).toEqual([1]);
    expect(jsonOfMcpResult({ content: [] })).toBeNull();
  });

  it("shows images that models can see as blocks, and says what the others are", () => {
    expect(jsonOfMcpResult({ content: [text("look"), image("image/png")] })).toEqual([
      { type: "text", text: "look" },
      { type: "image", source: { type: "base64", media_type: "image/png", data: "aGk=" } },
    ]);
    expect(jsonOfMcpResult({ content: [image("image/svg+xml")] })).toEqual([
      text("[image, image/svg+xml, 4 characters of base64, not shown]"),
    ]);
  });

  it("shows images whatever their type is written as, and those in resources", () => {
    const resource = { uri: "file:///a.png", mimeType: "image/png", blob: "aGk=" };
    const content = [
      image("image/jpg"),
      image("IMAGE/PNG; charset=binary"),
      { type: "resource", resource },
    ] as const;
    const shown = (media_type: string) => {
      return { type: "image", source: { type: "base64", media_type, data: "aGk=" } };
    };
    expect(jsonOfMcpResult({ content })).toEqual([
      shown("image/jpeg"),
      shown("image/png"),
      text("[resource file:///a.png, image/png]"),
      shown("image/png"),
    ]);
  });

  it("says what sound, resources and links are", () => {
    const uri = "file:///a.txt";
    const content = [
      { type: "audio", data: "aGk=", mimeType: "audio/wav" },
      { type: "resource", resource: { uri, mimeType: "text/plain", text: "hello" } },
      { type: "resource", resource: { uri, blob: "aGk=" } },
      { type: "resource_link", uri, name: "a" },
    ] as const;
    expect(jsonOfMcpResult({ content })).toEqual([
      text("[audio, audio/wav, 4 characters of base64, not shown]"),
      text("[resource file:///a.txt, text/plain]\nhello"),
      text("[resource file:///a.txt, 4 characters of base64, not shown]"),
      text("[link to a: file:///a.txt]"),
    ]);
  });

  it.each([
    [[text("no paper"), text("no ink")], "no paper\nno ink"],
    [[image("image/png")], "[image, image/png]"],
    [[], "it did not say why"],
    [undefined, "it did not say why"],
    ["no toner", "no toner"],
  ])("says what a failure says: %#", (content, value) => {
    expect(readMcpResult({ content, isError: true })).toEqual({ isError: true, value, odd: [] });
    expect(readMcpResult({ content, isError: "true" }).isError).toBe(true);
  });

  it("says with a failure what its structured content says", () => {
    const structuredContent = { code: 7 };
    expect(jsonOfMcpResult({ isError: true, structuredContent })).toBe('{"code":7}');
    const content = [text("no paper")];
    expect(jsonOfMcpResult({ isError: true, content, structuredContent })).toBe(
      'no paper\n{"code":7}',
    );
  });
});

describe("structured content beside text", () => {
  const rows = { rows: [1, { a: null }], total: 2 };
  const deep = (levels: number): unknown =>
    Array.from({ length: levels }).reduce<unknown>((inside) => [inside], 0);
  const both = (content: unknown, structuredContent: unknown) =>
    readMcpResult({ content, structuredContent });

  it.each([
    ["its JSON", [JSON.stringify(rows)], rows],
    ["its JSON with spaces", [JSON.stringify(rows, undefined, 2)], rows],
    ["its JSON in another order", ['{"total":2,"rows":[1,{"a":null}]}'], rows],
    ["its JSON behind another text", ["2 rows", JSON.stringify(rows)], rows],
    ["a result that is wrapped", ["five"], { result: "five" }],
    ["the one text that it holds", ["an oak"], { content: "an oak" }],
    ["texts that it holds as one", ["an oak", "a beech"], { content: "an oak\na beech" }],
    ["a number that is wrapped", ["5"], { result: 5 }],
    ["a list that is wrapped", ["[1,2]"], { result: [1, 2] }],
    ["a list in pieces", ["a", '{"b":1}'], { result: ["a", { b: 1 }] }],
    [
      "a long text",
      ["x".repeat(300_000)].map((x) => JSON.stringify({ x })),
      { x: "x".repeat(300_000) },
    ],
  ])("is shown once where the text is %s", (_, texts, structured) => {
    expect(both(texts.map(text), structured).value).toBe(texts.join("\n"));
  });

  it.each([
    ["another text", "2 rows", rows],
    ["other JSON", '{"rows":[1,{"a":null}],"total":3}', rows],
    ["JSON with a key more", '{"rows":[1,{"a":null}],"total":2,"x":1}', rows],
    ["a list for an object", "[]", {}],
    ["another prototype", '{"__proto__":{}}', { a: 1 }],
    ["what every object has", "{}", { constructor: 1 }],
    ["very deep JSON", `${"[".repeat(50_000)}${"]".repeat(50_000)}`, [[[]]]],
    ["broken JSON", "{", { a: 1 }],
    ["a list", "2 rows", [1, 2]],
    ["half of a list in pieces", "a", { result: ["a", "b"] }],
  ])("is shown behind the text where that is %s", (_, said, structured) => {
    expect(both([text(said)], structured).value).toBe(`${said}\n${JSON.stringify(structured)}`);
  });

  it("is left out and told where it has a key `__proto__`", () => {
    const structured = JSON.parse('{"__proto__":{"total":3}}');
    const left = '[left out: its structured content: it has a key "__proto__"]';
    expect(both([text("seen")], structured).value).toBe(`seen\n${left}`);
  });

  it("is a block of its own behind other blocks", () => {
    expect(both([image("image/png")], { a: 1 }).value).toEqual([
      expect.objectContaining({ type: "image" }),
      text('{"a":1}'),
    ]);
  });

  it("is left out and told where it has over 10,000 values or 100 levels", () => {
    const list = (count: number) => Array.from({ length: count }, () => 0);
    expect(both([], list(9_999)).odd).toEqual([]);
    expect(both([text("seen")], list(10_000))).toMatchObject({
      value: "seen\n[left out: its structured content: it has more than 10000 values]",
      odd: ["its structured content: it has more than 10000 values"],
    });
    expect(both([], deep(100)).odd).toEqual([]);
    expect(both([], deep(101)).odd).toEqual([expect.stringContaining("100 levels")]);
  });
});

describe("an odd result", () => {
  const seen = text("seen");
  const textOfAll = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  const half = { type: "widget", at: 1 };

  it.each([
    ["a part of an unknown type", half, /^{"type":"widget","at":1}\nseen$/, /"widget".*JSON/],
    ["one of an unknown type with text", { type: "md", text: "hi" }, /^hi\nseen$/, /"md".*text/],
    ["a part without a type", { at: 1 }, /^{"at":1}\nseen$/, /without a type/],
    ["null", null, /^seen\n\[left out: .*null/, /null/],
    ["a number", 5, /^seen\n\[left out/, /no object/],
    ["bare text", "bare", /^bare\nseen$/, undefined],
    ["a text without text", { type: "text" }, /^seen\n\[left out/, /without text/],
    ["a text that is a number", { type: "text", text: 5 }, /^5\nseen$/, undefined],
    ["a text that is an object", { type: "text", text: {} }, /^seen\n\[left out/, /without text/],
    ["an image without data", { type: "image", mimeType: "image/png" }, /left out/, /without data/],
    ["an image without a type", { type: "image", data: "aGk=" }, /4 characters/, undefined],
    ["a resource of null", { type: "resource", resource: null }, /left out/, /resource/],
    [
      "a resource of nothing",
      { type: "resource", resource: { uri: 5 } },
      /left out/,
      /without text/,
    ],
    ["a link to nowhere", { type: "resource_link" }, /left out/, /without an address/],
    ["odd annotations", { ...seen, annotations: 5, _meta: "odd" }, /^seen\nseen$/, undefined],
    ["a large unknown part", { ...half, data: "x".repeat(3_000) }, /^seen\n\[left out/, /"widget"/],
  ])("with %s shows the rest of it", (_, part, value, odd) => {
    const result = readMcpResult({ content: [part, seen] });
    expect(result.isError).toBe(false);
    expect(textOfAll(result.value)).toMatch(value);
    if (odd === undefined) expect(result.odd).toEqual([]);
    else expect(result.odd).toEqual([expect.stringMatching(odd)]);
  });

  it.each([
    ["content that is text", { content: "seen" }, "seen"],
    ["content that is one part", { content: seen }, "seen"],
    ["the answer of the older kind", { toolResult: "seen" }, "seen"],
    ["an older answer that is an object", { toolResult: { a: 1 } }, { a: 1 }],
    ["a result within a result", { toolResult: { content: [seen] } }, "seen"],
    ["a result of its own kind", { success: true, configs: [] }, { success: true, configs: [] }],
    ["nothing at all", {}, null],
    ["nothing but `_meta`", { _meta: { a: 1 } }, null],
  ])("that is %s is read", (_, result, value) => {
    expect(readMcpResult({ ...result })).toEqual({ isError: false, value, odd: [] });
  });

  it("notes five kinds of what is left out, and that there are more", () => {
    const content = [5, null, ...["text", "image", "audio", "resource", "resource_link"]].map(
      (type) => (typeof type === "string" ? { type } : type),
    );
    expect(String(readMcpResult({ content }).value)).toMatch(/^\[left out: ([^;]+; ){5}2 more\]$/);
  });

  it("shows 10,000 parts and says how many more there are", () => {
    const many = (count: number) => Array.from({ length: count }, () => seen);
    expect(readMcpResult({ content: many(10_000) }).odd).toEqual([]);
    expect(readMcpResult({ content: many(10_002) })).toMatchObject({ odd: ["2 more parts"] });
  });

  it("has only whole characters", () => {
    const content = [text("a\ud83d"), { type: "widget", "\ude00": "\ud83d" }];
    const structuredContent = { "k\ud83d": ["\ude00"] };
    const value = String(readMcpResult({ content, structuredContent }).value);
    expect(value.isWellFormed()).toBe(true);
    expect(value).not.toMatch(/\\ud[89a-f]/);
  });
});
