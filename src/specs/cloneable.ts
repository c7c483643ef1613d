import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import { plainJson } from "../wire/json-bound.ts";

/**
 * Returns a copy as plain JSON, which can cross threads and be logged. The original may change
 * afterwards, and each of its fields is read only once, so that the value checked is the value
 * sent.
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
