import type { CallInput } from "../tools/input-reading.ts";
import { decodeError, encodeError } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";

/** What came of reading an input, plain: a validator may have made anything of its value. */
export type SeenInput =
  | { readonly status: "read"; readonly view: Json; readonly read: readonly Json[] }
  | { readonly status: "refused"; readonly error: WireError };

export function seenOf(given: CallInput): SeenInput {
  if (given.status === "refused") {
    return { status: "refused", error: encodeError(given.error, "TOOL_INPUT_INVALID") };
  }
  const { view, read } = given;
  return { status: "read", view, read: read as unknown as readonly Json[] };
}

/** Without the value itself, which only a tool that is about to be run needs. */
export function inputSeen(seen: SeenInput): CallInput {
  if (seen.status === "refused") return { status: "refused", error: decodeError(seen.error) };
  const { view, read } = seen;
  return { status: "read", value: view, view, read: read as never };
}
