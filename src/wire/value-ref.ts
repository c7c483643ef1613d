import type { Json } from "./json.ts";

/** Where a large value stands: it is kept once, elsewhere, and read with `supervisor.value`. */
export type ValueRef = {
  /** The SHA-256 of its JSON, or of `text:` and the text that it is, in hexadecimal. */
  readonly $value: string;
  /** Of its JSON, or of the text that it is, in UTF-8. */
  readonly bytes: number;
  /** Its first 1,024 characters: of a text, or of the JSON of anything else. */
  readonly head: string;
};

/** `$value`, and each of its escapes: `$$value`, `$$$value`. */
const MARK = /^\$+value$/;

/** True for a key that is one `$` longer where its value stands among references. */
export function isMark(key: string): boolean {
  return key.charCodeAt(0) === 0x24 && MARK.test(key);
}

/** True for a reference, where {@link escaped} values and references stand. */
export function isValueRef(value: Json | undefined): value is ValueRef {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "$value");
}

/** A value of somebody's that has the shape of a reference, as one that has not. */
export function escaped(value: Json): Json {
  return renamed(value, (key) => (isMark(key) ? `$${key}` : key));
}

/** What {@link escaped} was made from. */
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
