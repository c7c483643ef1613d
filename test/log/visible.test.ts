import { describe, expect, it } from "vitest";
import { oneLine, visible, visibleJson } from "../../src/log/visible.ts";

const controls = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const every = Array.from({ length: 0x3000 }, (_, at) => String.fromCodePoint(at)).join("");

describe("what a terminal is shown", () => {
  it("has no control character but line ends and tabs", () => {
    expect(visible(every).replaceAll(/[\n\t]/g, "")).not.toMatch(controls);
    expect(visible("one\n\ttwo\r\nthree")).toBe("one\n\ttwo\nthree");
  });

  it.each([
    ["a colour", "\u001b[31mred\u001b[0m", "red"],
    ["a window title", "\u001b]0;owned\u0007after", "after"],
    ["a link", "\u001b]8;;http://x\u0007here\u001b]8;;\u0007", "here"],
    ["a bare escape", "\u001b", "\\u{1b}"],
    ["a control of eight bits", "a\u0085\u0090b", "a\\u{85}\\u{90}b"],
    ["a bell, a backspace, a lone return", "\u0007\b\r", "\\u{7}\\u{8}\\u{d}"],
    ["marks of direction", "a\u202egnp.exe\u2066", "a\\u{202e}gnp.exe\\u{2066}"],
    ["no width", "pass\u200bword\ufeff\u00ad", "pass\\u{200b}word\\u{feff}\\u{ad}"],
    ["a joiner in a word of Latin letters", "pay\u200dpal", "pay\\u{200d}pal"],
    ["letters of the tag block", "a\u{e0041}", "a\\u{e0041}"],
    ["a filler that looks like nothing", "a\u3164", "a\\u{3164}"],
    ["other line ends", "a\u2028b\u2029c", "a\\u{2028}b\\u{2029}c"],
    ["half of a pair", "a\ud800", "a\\u{d800}"],
  ])("spells out, or leaves out, %s", (_what, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it.each(["ordinary text, Größe, 漢字", "👩‍👩‍👧 and ❤️‍🔥", "می‌خواهم", "क्‍ष"])(
    "leaves %s as it is",
    (text) => {
      expect(visible(text)).toBe(text);
    },
  );

  it("is one line where it has to be", () => {
    expect(oneLine(" a\r\n\tb\u2028c\u0000d \u202e ")).toBe("a b c d \\u{202e}");
    expect(oneLine(every)).not.toMatch(controls);
  });

  it("is the same value as JSON", () => {
    const said = { every, far: "\u{e0041}", bidi: "\u202e", eight: "\u009b31m" };
    const json = visibleJson(JSON.stringify(said));
    expect(json).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(json)).toEqual(said);
  });
});
