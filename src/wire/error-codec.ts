import { CoppiceError, ERRORS, type ErrorCode, type ErrorDetails } from "../errors.ts";
import { clip } from "./clip.ts";
import type { Json } from "./json.ts";
import { plainJson } from "./json-bound.ts";
import type { WireError } from "./outcome.ts";
import { ownText } from "./own-text.ts";
import { fieldOf, MOST_READ, readField } from "./read-field.ts";
import { isError } from "./realm.ts";
import { summaryOf } from "./summary.ts";

/** Of what was thrown and is no error, in characters. */
const MOST_SHOWN = 1_000;

/**
 * Encodes anything thrown; what is not a {@link CoppiceError} becomes `fallback`.
 *
 * **Guarantees** never throws, whatever was thrown: text, nothing, a symbol, an object whose fields
 * cannot be read. Plain JSON, also where a module of the user's made the error and put into it what
 * no thread could be sent: details that are no JSON are left out.
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

/** Undefined for what cannot be told. */
function plainField(details: object, key: string): Json | undefined {
  try {
    const value = readField(details, key);
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

/** What can be said of a thrown value, whatever it is; in memory of its own. */
export function describe(thrown: unknown): string {
  try {
    return ownText(clip(shown(thrown), MOST_READ));
  } catch {
    return "something that cannot be shown was thrown";
  }
}

function shown(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  if (typeof thrown !== "object" || thrown === null) return String(thrown);
  if (isError(thrown)) return fieldOf(thrown, "message") || fieldOf(thrown, "name") || "an error";
  return JSON.stringify(summaryOf(thrown, MOST_SHOWN));
}
