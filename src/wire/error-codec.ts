import { CoppiceError, ERRORS, type ErrorCode, type ErrorDetails } from "../errors.ts";
import type { Json } from "./json.ts";
import type { WireError } from "./outcome.ts";
import { plainJson } from "./plain-json.ts";

/**
 * Encodes anything thrown; what is not a {@link CoppiceError} becomes `fallback`.
 *
 * **Guarantees** plain JSON, also where a module of the user's made the error and put into it what
 * no thread could be sent: details that are no JSON are left out.
 */
export function encodeError(thrown: unknown, fallback: ErrorCode): WireError {
  if (thrown instanceof CoppiceError) {
    const { code, message, details, stack } = thrown;
    return {
      code: isCode(code) ? code : fallback,
      message: describe(message),
      details: plainDetails(details),
      ...(typeof stack === "string" && { stack }),
    };
  }
  return encodeError(new CoppiceError(fallback, describe(thrown), {}, thrown), fallback);
}

export function isCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(ERRORS, code);
}

function plainDetails(details: unknown): ErrorDetails {
  if (typeof details !== "object" || details === null) return {};
  const plain = Object.keys(details).map((key) => [key, plainField(details, key)] as const);
  return Object.fromEntries(plain.filter(([, value]) => value !== undefined));
}

/** Undefined for what cannot be told: reading it may throw as well. */
function plainField(details: object, key: string): Json | undefined {
  try {
    const value: unknown = Reflect.get(details, key);
    return value === undefined ? undefined : plainJson(value);
  } catch {
    return undefined;
  }
}

/** Rebuilds the error; the message is taken as it was, the remote stack kept for people. */
export function decodeError(wire: WireError): CoppiceError {
  const code = isCode(wire.code) ? wire.code : "MODEL_FAILED";
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
