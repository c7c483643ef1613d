import { expect, it } from "vitest";
import { didYouMean, nearest } from "../../src/wire/did-you-mean.ts";

it("guesses the nearest name, whatever its case, and ends a sentence with it", () => {
  expect(didYouMean("Verison", ["version", "vision"])).toBe('; did you mean "version"?');
  expect(didYouMean("quiet", ["version"])).toBe("");
  expect(didYouMean("version", ["version"])).toBe("");
});

it("is bounded in the length of words and the number of names", () => {
  const long = "x".repeat(100);
  expect(nearest(`${long}y`, [long])).toBeUndefined();
  expect(nearest(`${long.slice(1)}y`, [long])).toBe(long);
  const many = [...Array.from({ length: 1_000 }, () => "completely-different"), "name"];
  expect(nearest("nmae", many)).toBeUndefined();
  expect(nearest("nmae", many.slice(1))).toBe("name");
  const began = performance.now();
  nearest("a".repeat(1_000_000), many);
  expect(performance.now() - began).toBeLessThan(10_000);
});
