import type { CallInput } from "../tools/input-reading.ts";
import { decodeError, encodeError } from "../wire/error-codec.ts";
import type { WireError } from "../wire/outcome.ts";

/** What came of reading an input, plain: a validator may have made anything of its value. */
export type SeenInput =
  | Omit<Extract<CallInput, { readonly status: "read" }>, "value">
  | { readonly status: "refused"; readonly error: WireError };

export function seenOf(given: CallInput): SeenInput {
  if (given.status === "refused") {
    return { status: "refused", error: encodeError(given.error, "TOOL_INPUT_INVALID") };
  }
  const { value: _made, ...seen } = given;
  return seen;
}

/** Without the value itself, which only a tool that is about to be run needs. */
export function inputSeen(seen: SeenInput): CallInput {
  if (seen.status === "refused") return { status: "refused", error: decodeError(seen.error) };
  return { ...seen, value: seen.view };
}
