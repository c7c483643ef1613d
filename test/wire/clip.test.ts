import { describe, expect, it } from "vitest";
import { clip, clipStart, shorten } from "../../src/wire/clip.ts";

const party = "ab🎉cd";

describe("a text that is cut", () => {
  it.each([
    [0, ""],
    [2, "ab"],
    [3, "ab"],
    [4, "ab🎉"],
    [6, party],
    [7, party],
  ])("at %i never ends in half of a character", (most, shown) => {
    expect(clip(party, most)).toBe(shown);
  });

  it.each([
    [0, ""],
    [2, "cd"],
    [3, "cd"],
    [4, "🎉cd"],
    [6, party],
  ])("keeping its last %i never begins with half of one", (most, shown) => {
    expect(clipStart(party, most)).toBe(shown);
  });

  it("says how much is missing", () => {
    expect(shorten(party, 6)).toBe(party);
    expect(shorten(party, 3)).toBe("ab... (4 more characters)");
  });

  it("is well formed wherever it is cut", () => {
    const text = "🎉é".repeat(20);
    for (let most = 0; most <= text.length; most += 1) {
      expect(clip(text, most).isWellFormed()).toBe(true);
      expect(clipStart(text, most).isWellFormed()).toBe(true);
    }
  });
});
