import { CoppiceError, ERRORS, type ErrorCode } from "../errors.ts";
import type { WireError } from "./outcome.ts";

/** Encodes anything thrown; what is not a {@link CoppiceError} becomes `fallback`. */
export function encodeError(thrown: unknown, fallback: ErrorCode): WireError {
  if (thrown instanceof CoppiceError) {
    const { code, message, details, stack } = thrown;
    return { code, message, details, ...(stack === undefined ? {} : { stack }) };
  }
  return encodeError(new CoppiceError(fallback, describe(thrown), {}, thrown), fallback);
}

/** Rebuilds the error; the message is taken as it was, the remote stack kept for people. */
export function decodeError(wire: WireError): CoppiceError {
  const code = Object.hasOwn(ERRORS, wire.code) ? wire.code : "MODEL_FAILED";
  const error = new CoppiceError(code, wire.message, wire.details);
  error.message = wire.message;
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

/** What can be said of a thrown value, whatever it is. */
export function describe(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name;
  try {
    return typeof thrown === "string" ? thrown : (JSON.stringify(thrown) ?? String(thrown));
  } catch {
    return "something that cannot be shown was thrown";
  }
}
