import { describe, expect, it } from "vitest";
import { textTokens } from "../../src/wire/text-tokens.ts";
import { jsonTokens, leastTokens } from "../../src/wire/token-estimate.ts";
import { adversarialTexts, inventedWords, type Text } from "../fixtures/adversarial-texts.ts";
import { prose } from "../fixtures/prose-samples.ts";
import { tokenCounts } from "../fixtures/token-counts.ts";
import { tokenSamples } from "../fixtures/token-samples.ts";

const real = new Map(tokenCounts.map(([what, claude2, o200k]) => [what, Math.max(claude2, o200k)]));
const counted = ({ what, text }: Text) => ({ what, text, tokens: real.get(what) ?? Number.NaN });

describe("the estimate of a text", () => {
  it.each([
    ...tokenSamples.map(({ claude2, o200k, ...sample }) => {
      return { ...sample, tokens: Math.max(claude2, o200k) };
    }),
    ...prose.map(counted),
  ])("in $what is 0.95 to 2 times $tokens", ({ text, tokens }) => {
    expect(textTokens(text)).toBeGreaterThanOrEqual(tokens * 0.95);
    expect(textTokens(text)).toBeLessThanOrEqual(tokens * 2);
  });

  it.each([...adversarialTexts, ...inventedWords].map(counted))(
    "of $what is 0.95 to 4 times $tokens",
    ({ text, tokens }) => {
      expect(textTokens(text)).toBeGreaterThanOrEqual(tokens * 0.95);
      expect(textTokens(text)).toBeLessThanOrEqual(tokens * 4);
    },
  );

  it("is nothing for nothing, and never shrinks as the text grows", () => {
    expect(textTokens("")).toBe(0);
    for (const { text } of [...tokenSamples, ...adversarialTexts]) {
      let before = 0;
      for (let n = 1; n <= text.length; n++) {
        const tokens = textTokens(text.slice(0, n));
        expect(tokens).toBeGreaterThanOrEqual(before);
        before = tokens;
      }
    }
  });

  it("counts half a pair as something, whichever half it is", () => {
    for (const half of ["\ud800", "\ud83d", "\udc00", "\udde6"]) {
      expect(textTokens(half.repeat(100))).toBeGreaterThanOrEqual(100);
    }
  });
});

describe("the estimate of a text inside of JSON", () => {
  it.each([...tokenSamples, ...adversarialTexts])("is near that of the JSON: $what", ({ text }) => {
    const value = { rows: [text, { [text]: null }] };
    const written = textTokens(JSON.stringify(value));
    expect(jsonTokens(value)).toBeGreaterThan(0.97 * written - 3);
    expect(jsonTokens(value)).toBeLessThan(1.1 * written + 3);
    expect(leastTokens(value)).toBeLessThanOrEqual(written);
    expect(leastTokens([text])).toBeLessThanOrEqual(textTokens(JSON.stringify([text])));
    expect(leastTokens({ text })).toBeLessThanOrEqual(textTokens(text));
  });
});
