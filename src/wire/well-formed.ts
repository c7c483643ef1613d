import type { Json } from "./json.ts";
import { setField, withoutSign } from "./json-bound.ts";

/**
 * Returns JSON whose strings and keys have no lone surrogates, which services refuse, and whose
 * numbers have no -0. Two keys never become one.
 *
 * **Guarantees** the same value when nothing had to be changed.
 */
export function wellFormed(value: Json): Json {
  if (typeof value === "string") return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value !== "object" || value === null) return withoutSign(value);
  if (Array.isArray(value)) {
    const items: readonly Json[] = value;
    const right = items.map(wellFormed);
    return right.some((item, index) => !Object.is(item, items[index])) ? right : value;
  }
  const given = Object.entries(value as { readonly [key: string]: Json });
  const right = given.map(([key, field]) => [key, wellFormed(field)] as const);
  const isRight = right.every(
    ([key, field], n) => Object.is(field, given[n]?.[1]) && key.isWellFormed(),
  );
  return isRight ? value : renamed(value, right);
}

function renamed(value: object, right: readonly (readonly [string, Json])[]): Json {
  const fields: { [key: string]: Json } = {};
  for (const [given, field] of right) {
    let key = given.toWellFormed();
    // A key that is well formed already is never replaced.
    while (key !== given && (Object.hasOwn(fields, key) || Object.hasOwn(value, key))) {
      key += "\ufffd";
    }
    setField(fields, key, field);
  }
  return fields;
}
