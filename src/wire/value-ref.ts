import type { Json } from "./json.ts";

/** A reference to a large value, which is kept once and read with `supervisor.value`. */
export type ValueRef = {
  /** The SHA-256 in hexadecimal of its JSON, or for a string of `text:` and the string. */
  readonly $value: string;
  /** The bytes in UTF-8 of its JSON, or of the string itself. */
  readonly bytes: number;
  /** The first 1,024 characters of the string, or of the JSON of any other value. */
  readonly head: string;
};

/** Matches `$value` and each of its escapes: `$$value`, `$$$value`. */
const MARK = /^\$+value$/;

/** True for a key that gets one more `$` where its value is kept among references. */
export function isMark(key: string): boolean {
  return key.charCodeAt(0) === 0x24 && MARK.test(key);
}

/** True for a reference, among references and {@link escaped} values. */
export function isValueRef(value: Json | undefined): value is ValueRef {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "$value");
}

/** Escapes a value, so that it is not taken for a reference. */
export function escaped(value: Json): Json {
  return renamed(value, (key) => (isMark(key) ? `$${key}` : key));
}

/** Returns the value that {@link escaped} was given. */
export function unescaped(value: Json): Json {
  return renamed(value, (key) => (isMark(key) && key !== "$value" ? key.slice(1) : key));
}

function renamed(value: Json, rename: (key: string) => string): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => renamed(item, rename));
  const entries = Object.entries(value).map(([key, item]) => [
    rename(key),
    item === undefined ? undefined : renamed(item, rename),
  ]);
  // `fromEntries` keeps a key named "__proto__" a key.
  return Object.fromEntries(entries) as Json;
}
