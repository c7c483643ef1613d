import { CoppiceError } from "../errors.ts";
import type { Json } from "../wire/json.ts";

/** Deeper than anybody nests, and far from the end of the stack. */
const deepest = 500;

/**
 * A copy of a value as plain JSON, with every error in it as its name and message: what can be
 * cloned, journaled, and restored as it was.
 *
 * **Fails with** `MACHINE_INVALID`, naming where in `what` the first other thing is.
 */
export function plainJson(value: unknown, what: string): Json {
  return copy(value, [], what) ?? null;
}

function copy(value: unknown, at: readonly string[], what: string): Json | undefined {
  switch (typeof value) {
    case "undefined":
      return undefined;
    case "string":
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value)) return value;
      throw notPlain(String(value), at, what);
    case "object":
      if (value === null) return null;
      if (at.length > deepest) throw notPlain("a circle", at.slice(0, 3), what);
      return copyObject(value, at, what);
    default:
      throw notPlain(`a ${typeof value}`, at, what);
  }
}

function copyObject(value: object, at: readonly string[], what: string): Json {
  if (Array.isArray(value)) {
    return value.map((item, index) => copy(item, [...at, String(index)], what) ?? null);
  }
  if (value instanceof Error) return { name: value.name, message: value.message };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw notPlain(`a ${value.constructor.name}`, at, what);
  }
  const fields = Object.entries(value).map(([key, field]): [string, Json | undefined] => {
    return [key, copy(field, [...at, key], what)];
  });
  // `fromEntries` keeps a key named "__proto__" a key.
  return Object.fromEntries(fields.filter(([, copied]) => copied !== undefined)) as Json;
}

function notPlain(found: string, at: readonly string[], what: string): CoppiceError {
  const path = at.join(".");
  const where = path === "" ? "" : ` at ${path}`;
  const told = `${what} holds ${found}${where}, which is not JSON and cannot travel`;
  return new CoppiceError("MACHINE_INVALID", told, { path, found });
}
