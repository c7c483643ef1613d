import { describe, expect, it } from "vitest";
import { parseInSteps } from "../../../src/tools/mcp/json-parser.ts";

function parse(text: string): { readonly value: unknown; readonly steps: number } {
  const reading = parseInSteps(text);
  for (let steps = 1; ; steps += 1) {
    const { done, value } = reading.next();
    if (done === true) return { value, steps };
  }
}

const values: readonly unknown[] = [
  ...[null, true, false, 0, -0.5e-7, 1e300, "", "a", [], {}, [[]], [{}], { a: [] }],
  { a: 1, b: [1, "two", { c: null }, [], {}], "": { "": "" } },
  ['"', "\\", "\\\\", '\\"', "\n\t\b", "\u0000", "🌳", "\ud83d", "\ude00", "/", "é"],
  { constructor: 1, toString: 2, hasOwnProperty: 3, 1: "one", 0: "zero" },
  Array.from({ length: 3_000 }, (_, at) => ({ [`k${at}`]: at, same: "x".repeat(at % 50) })),
  "x".repeat(300_000),
  '"'.repeat(200_000),
  "\\".repeat(200_001),
  "🌳".repeat(100_000),
  "\u0001".repeat(100_000),
];

describe("parseInSteps", () => {
  it.each(values.map((value) => [value]))("reads what JSON.parse reads: %#", (value) => {
    for (const spaces of [0, 3]) {
      const text = JSON.stringify(value, undefined, spaces);
      expect(parse(` ${text}\r\n`).value).toEqual(JSON.parse(text));
    }
  });

  it("reads escapes wherever a long text is cut", () => {
    for (let before = 65_525; before < 65_545; before += 1) {
      const text = `["${"x".repeat(before)}\\ud83d\\ude00\\\\\\"\\u00e9"]`;
      expect(parse(text).value).toEqual(JSON.parse(text));
    }
  });

  it("keeps the last of two equal keys, and a key named `__proto__`", () => {
    const text = '{"a":1,"a":2,"__proto__":{"polluted":true}}';
    const { value } = parse(text);
    expect(Object.entries(value as object)).toEqual(Object.entries(JSON.parse(text)));
    expect(value).not.toHaveProperty("polluted");
  });

  it("reads 100,000 levels", () => {
    const { value } = parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
    expect(value).toHaveLength(1);
  });

  it("takes a step for every 256 values and 64 KB of text", () => {
    expect(parse(JSON.stringify(Array.from({ length: 25_600 }, () => 1))).steps).toBeGreaterThan(
      99,
    );
    expect(parse(JSON.stringify("x".repeat(650_000))).steps).toBeGreaterThan(9);
    expect(parse("[1,2,3]").steps).toBe(1);
  });

  it.each([
    ...[
      "",
      " ",
      "{",
      "[",
      "]",
      "}",
      '"',
      '"\\',
      '"\\u12"',
      '"a',
      "[1",
      "[1,",
      "[1,]",
      "[,1]",
      "[1 2]",
    ],
    ...['{"a"}', '{"a":}', '{"a":1,}', "{a:1}", '{"a" 1}', "{1:1}", "[1}", '{"a":1]', "1 2", "nul"],
    ...[
      "01",
      "+1",
      ".5",
      "1.",
      "NaN",
      "'a'",
      "[1]]",
      "{}{}",
      "a banner: yes",
      '"\n"',
      '["\u0001"]',
    ],
  ])("refuses %j, as JSON.parse does", (text) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(() => parse(text)).toThrow(SyntaxError);
  });
});
