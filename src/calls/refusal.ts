import type { CoppiceError } from "../errors.ts";
import type { CallResult } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";

/** A refusal as the result that an agent reads; where it was made is not for it to see. */
export function refusedResult(error: CoppiceError): CallResult {
  const { stack: _stack, ...wire } = encodeError(error, "TOOL_FAILED");
  return { isError: true, error: wire };
}
