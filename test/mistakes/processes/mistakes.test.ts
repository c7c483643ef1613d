import { expect, it } from "vitest";
import { CoppiceError } from "../../../src/errors.ts";
import { mistakes } from "../mistakes.ts";

/** Words of a library, of a type checker or of a value that was never looked at. */
const FOREIGN =
  /expected|received|Unrecognized|Invalid input|\[object |\bundefined is|NaN is|\ba [aeiou]/;

it("there are a hundred mistakes", () => {
  expect(mistakes.length).toBeGreaterThanOrEqual(100);
});

it.each(mistakes)("$what is refused in a sentence that says what to do", async ({ make }) => {
  const thrown = await Promise.resolve()
    .then(make)
    .catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(CoppiceError);
  const { message, code } = thrown as CoppiceError;
  expect(message).toMatch(/[.?]$/);
  expect(message).not.toMatch(/\?\.$/);
  if (code !== "MACHINE_INVALID") expect(message).not.toMatch(FOREIGN);
});
