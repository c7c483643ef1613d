import type { Json } from "./json.ts";
import { setField } from "./json-bound.ts";

type Fields = { [key: string]: Json | undefined };

/** Returns a copy of a value that was checked before; it costs less than a structured clone. */
export function jsonCopy(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(jsonCopy);
  const copy: Fields = {};
  const given = value as Readonly<Fields>;
  for (const key of Object.keys(given)) {
    const field = given[key];
    setField(copy, key, field === undefined ? field : jsonCopy(field));
  }
  return copy;
}
