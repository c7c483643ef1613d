import { CoppiceError } from "../errors.ts";
import { decodeError, encodeError } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import { fieldOf } from "../wire/read-field.ts";

type Fields = { readonly [name: string]: Json | undefined };

const types = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
const typeOf = new Map<unknown, ErrorConstructor>(types.map((type) => [type.name, type]));

/**
 * Returns what is kept of an error: its name and message; the code and details of a `CoppiceError`;
 * the string, number and boolean fields of any other. Its stack and cause are left out: they belong
 * to the place where it was thrown.
 */
export function keptError(error: Error): Fields {
  const common = {
    name: fieldOf(error, "name") ?? "Error",
    message: fieldOf(error, "message") ?? "",
  };
  if (error instanceof CoppiceError) {
    const { code, details } = encodeError(error, error.code);
    return { ...common, code, details };
  }
  const own = Object.entries(error).filter(
    ([name, field]) => name !== "__proto__" && isFlat(field),
  );
  return { ...Object.fromEntries(own), ...common };
}

/** Returns a kept error as an error. Its input is not trusted. */
export function keptErrorOf(kept: unknown): Error {
  const { name, message, ...own } = { ...(kept as Fields | null) };
  if (name === "CoppiceError") {
    const { code, details = {} } = own;
    return decodeError({ code, message: String(message), details } as WireError);
  }
  const error = new (typeOf.get(name) ?? Error)(String(message));
  error.stack = `${name}: ${message}`;
  const changed = { writable: true, configurable: true };
  if (name !== error.name) Object.defineProperty(error, "name", { ...changed, value: name });
  for (const [field, value] of Object.entries(own)) {
    Object.defineProperty(error, field, { ...changed, value, enumerable: true });
  }
  return error;
}

function isFlat(field: unknown): field is string | number | boolean {
  return ["string", "boolean"].includes(typeof field) || Number.isFinite(field);
}
