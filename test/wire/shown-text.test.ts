import { describe, expect, it } from "vitest";
import { quoted, shownText, shownValue } from "../../src/wire/shown-text.ts";

describe("text that is shown to who decides", () => {
  it.each([
    ["an escape sequence", "a\u001b[2Kb", "a\\u{1b}[2Kb"],
    ["a C1 control", "a\u009b2Jb", "a\\u{9b}2Jb"],
    ["a bell and a backspace", "a\u0007\u0008b", "a\\u{7}\\u{8}b"],
    ["line ends", "a\nb\r\tc", "a\\nb\\r\\tc"],
    ["other line ends", "a\u2028b\u2029c\u0085d", "a\\u{2028}b\\u{2029}c\\u{85}d"],
    [
      "marks of direction",
      "a\u202etxt\u2066\u200f\u061c",
      "a\\u{202e}txt\\u{2066}\\u{200f}\\u{61c}",
    ],
    ["what has no width", "a\u200bb\u200d\ufeff\u00ad", "a\\u{200b}b\\u{200d}\\u{feff}\\u{ad}"],
    [
      "fillers that look empty",
      "a\u3164\u115f\u2800\uffa0",
      "a\\u{3164}\\u{115f}\\u{2800}\\u{ffa0}",
    ],
    ["spaces that are no space", "a\u00a0b\u3000c\u2003", "a\\u{a0}b\\u{3000}c\\u{2003}"],
    ["tags, which models read", "a\u{e0041}\u{e007f}", "a\\u{e0041}\\u{e007f}"],
    ["variation selectors", "a\ufe0f\u{e0100}", "a\\u{fe0f}\\u{e0100}"],
    ["half a character", "a\ud800b", "a\\u{d800}b"],
    ["what nobody has assigned", "a\u{10ffff}\ue000", "a\\u{10ffff}\\u{e000}"],
    ["marks that pile up", `a${"\u0301".repeat(5)}`, "a\u0301\u0301\u0301\\u{301}\\u{301}"],
  ])("has %s spelt out", (_, text, shown) => {
    expect(shownText(text)).toBe(shown);
  });

  it("leaves letters of any script and pictures as they are", () => {
    const text = "Straße 木を育てる שלום हिन्दी 🌳 C:\\x ~";
    expect(shownText(text)).toBe(text);
  });

  it("cannot end its quotation marks", () => {
    expect(quoted('x" (safe) "\\u{202e}')).toBe('"x\\" (safe) \\"\\\\u{202e}"');
  });

  it("keeps beginning and end, and says between them how much is missing", () => {
    const text = `rm${"x".repeat(100)}-rf /`;
    expect(quoted(text, 10)).toBe(
      '"rmxxx" ... 97 characters left out ... "rf /"'.replace('"rf', '"-rf'),
    );
    expect(quoted("x".repeat(10), 10)).toBe(`"${"x".repeat(10)}"`);
    expect(quoted("🌳".repeat(10), 5)).not.toContain("\\u{d");
  });
});

describe("a value that is shown to who decides", () => {
  it("is JSON with everything that hides spelt out, keys as well", () => {
    const value = { "pa\u202eth": "a\u001b", n: 1, t: true, none: null, list: ["x", { y: 2 }] };
    expect(shownValue(value)).toBe(
      '{"pa\\u{202e}th": "a\\u{1b}", "n": 1, "t": true, "none": null, "list": ["x", {"y": 2}]}',
    );
  });

  it("never has keys or paths clipped, other texts in the middle", () => {
    const key = "k".repeat(3000);
    const path = `/srv/${"folder/".repeat(500)}passwd`;
    const content = `begin ${"x".repeat(5000)} end`;
    const shown = shownValue({ [key]: 1, path, url: `https://e.com/${"p".repeat(3000)}`, content });
    expect(shown).toContain(`"${key}": 1`);
    expect(shown).toContain(`"${path}"`);
    expect(shown).toContain(`/${"p".repeat(3000)}"`);
    expect(shown).toMatch(/"content": "begin x+" \.\.\. 3010 characters left out \.\.\. "x+ end"/);
  });

  it("is bounded, and counts what it leaves out", () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`k${n}`, "v"]));
    expect(shownValue(many)).toContain('"k999": "v", ... 4000 more left out ...}');
    let deep: unknown = 1;
    for (let n = 0; n < 150; n += 1) deep = [deep];
    expect(shownValue(deep as never)).toContain("deeper levels left out");
    const long = shownValue({ a: `/${"x".repeat(9_000_000)}`, b: "y".repeat(9_000_000) });
    expect(long.length).toBeLessThan(10_000);
  });

  it("takes little time over what is made to take long", () => {
    const from = performance.now();
    for (const sign of ["\u0301", "\u202e", "/", "\\", '"', " ", "a/ "]) {
      shownValue({ text: sign.repeat(500_000), path: `/${sign.repeat(4000)}` });
    }
    shownValue({ text: "x".repeat(3_000_000) });
    expect(performance.now() - from).toBeLessThan(5_000);
  });
});
