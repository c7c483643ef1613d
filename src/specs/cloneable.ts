import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import { plainJson } from "../wire/json-bound.ts";

/**
 * A copy as plain JSON: what crosses threads and is told. Whoever gave it may go on changing it,
 * and each field is read only once, so that what was checked is what is sent.
 *
 * **Fails with** OPTIONS_INVALID.
 */
export function cloneable(value: unknown, what: string): Json {
  try {
    return plainJson(value);
  } catch (thrown) {
    throw new CoppiceError("OPTIONS_INVALID", `${what} cannot cross a thread: ${describe(thrown)}`);
  }
}
