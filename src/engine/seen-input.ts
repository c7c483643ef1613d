import type { CallInput } from "../tools/input-reading.ts";
import { decodeError, encodeError } from "../wire/error-codec.ts";
import type { WireError } from "../wire/outcome.ts";

/** The result of reading an input, as plain data: a validator may return any kind of value. */
export type SeenInput =
  | Omit<Extract<CallInput, { readonly status: "read" }>, "value">
  | { readonly status: "refused"; readonly error: WireError };

/** Returns a reading as plain data, without the value. */
export function seenOf(given: CallInput): SeenInput {
  if (given.status === "refused") {
    return { status: "refused", error: encodeError(given.error, "TOOL_INPUT_INVALID") };
  }
  const { value: _made, ...seen } = given;
  return seen;
}

/** Returns a reading with `view` for its value; only a tool about to run needs the real value. */
export function inputSeen(seen: SeenInput): CallInput {
  if (seen.status === "refused") return { status: "refused", error: decodeError(seen.error) };
  return { ...seen, value: seen.view };
}
