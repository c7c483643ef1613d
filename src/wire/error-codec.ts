import { CoppiceError, ERRORS, type ErrorCode, type ErrorDetails } from "../errors.ts";
import { clip } from "./clip.ts";
import type { Json } from "./json.ts";
import { plainJson } from "./json-bound.ts";
import type { WireError } from "./outcome.ts";
import { ownText } from "./own-text.ts";
import { fieldOf, MAX_READ, readField } from "./read-field.ts";
import { isError } from "./realm.ts";
import { summaryOf } from "./summary.ts";

/** The most characters of a thrown value that is no error. */
const MAX_SHOWN = 1_000;

/**
 * Encodes any thrown value; one that is not a {@link CoppiceError} gets the code `fallback`.
 *
 * **Guarantees** never throws, whatever was thrown: text, undefined, a symbol, an object whose
 * fields throw when read. The result is plain JSON, also when user code made the error and put
 * values into it that cannot be sent: details that are not JSON are left out.
 */
export function encodeError(thrown: unknown, fallback: ErrorCode): WireError {
  if (!(thrown instanceof CoppiceError)) {
    const { code, message, details, stack = "" } = new CoppiceError(fallback, describe(thrown));
    return { code, message, details, stack: fieldOf(thrown, "stack") ?? stack };
  }
  const code = readField(thrown, "code");
  const message = readField(thrown, "message");
  const stack = fieldOf(thrown, "stack");
  return {
    code: isCode(code) ? code : fallback,
    message: describe(message),
    details: plainDetails(readField(thrown, "details")),
    ...(stack !== undefined && { stack }),
  };
}

export function isCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(ERRORS, code);
}

function plainDetails(details: unknown): ErrorDetails {
  if (typeof details !== "object" || details === null) return {};
  const plain = keysOf(details).map((key) => [key, plainField(details, key)] as const);
  return Object.fromEntries(plain.filter(([, value]) => value !== undefined));
}

function keysOf(value: object): readonly string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

/** Returns a field as JSON; undefined when it cannot be read or sent. */
function plainField(details: object, key: string): Json | undefined {
  try {
    const value = readField(details, key);
    return value === undefined ? undefined : plainJson(value);
  } catch {
    return undefined;
  }
}

/** Rebuilds the error with the same message; the remote stack is kept for people. */
export function decodeError(wire: WireError): CoppiceError {
  const code = isCode(wire.code) ? wire.code : "MODEL_FAILED";
  const error = new CoppiceError(code, wire.message, wire.details);
  error.message = wire.message;
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

/** Describes any thrown value, in a string that keeps no other one in memory. */
export function describe(thrown: unknown): string {
  try {
    return ownText(clip(shown(thrown), MAX_READ));
  } catch {
    return "something that cannot be shown was thrown";
  }
}

function shown(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  if (typeof thrown !== "object" || thrown === null) return String(thrown);
  if (isError(thrown)) return fieldOf(thrown, "message") || fieldOf(thrown, "name") || "an error";
  return JSON.stringify(summaryOf(thrown, MAX_SHOWN));
}
