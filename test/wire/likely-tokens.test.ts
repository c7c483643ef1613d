import { describe, expect, it } from "vitest";
import { likelyTokens } from "../../src/wire/likely-tokens.ts";
import { tokenSamples } from "../fixtures/token-samples.ts";

describe("the likeliest number of tokens", () => {
  it.each(tokenSamples)("in $what is 0.95 to 2 times $claude2 and $o200k", (sample) => {
    const { text, claude2, o200k } = sample;
    const real = Math.max(claude2, o200k);
    expect(likelyTokens(text)).toBeGreaterThanOrEqual(real * 0.95);
    expect(likelyTokens(text)).toBeLessThanOrEqual(real * 2);
  });

  it.each(["word ", "and on ", "hello world ", "a "])("of %j over and over is near", (words) => {
    const real = 4_500;
    const text = words.repeat(real / (words.match(/ /g) ?? []).length);
    expect(likelyTokens(text)).toBeGreaterThanOrEqual(real);
    expect(likelyTokens(text)).toBeLessThanOrEqual(real * 1.2);
  });

  it("is nothing for nothing", () => {
    expect(likelyTokens("")).toBe(0);
  });
});
