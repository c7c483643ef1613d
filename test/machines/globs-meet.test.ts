import { expect, it } from "vitest";
import { compileGlob, globsMeet } from "../../machines/glob.ts";
import fc from "../fixtures/properties.ts";

const glob = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 5 });

/** Every text of `a` and `b` of at most ten letters: enough for two patterns of five. */
const texts = Array.from({ length: 11 }, (_, length) => length).flatMap((length) =>
  Array.from({ length: 2 ** length }, (_, n) =>
    n
      .toString(2)
      .padStart(length, "0")
      .replaceAll("0", "a")
      .replaceAll("1", "b")
      .slice(-length || 99),
  ),
);

it("patterns meet if and only if there is a text that both match", () => {
  fc.assert(
    fc.property(glob, glob, (a, b) => {
      const [one, other] = [compileGlob(a), compileGlob(b)];
      const known = texts.some((text) => one(text) && other(text)) || (one("") && other(""));
      expect([a, b, globsMeet(a, b)]).toEqual([a, b, known]);
    }),
    { numRuns: 2_000 },
  );
});
