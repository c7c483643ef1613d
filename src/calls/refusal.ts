import type { CoppiceError } from "../errors.ts";
import type { CallResult } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";

/** Returns a refusal as the result that an agent reads, without the stack. */
export function refusedResult(error: CoppiceError): CallResult {
  const { stack: _stack, ...wire } = encodeError(error, "TOOL_FAILED");
  return { isError: true, error: wire };
}
