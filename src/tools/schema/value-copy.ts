import type { Json } from "../../wire/json.ts";
import { JSON_BOUND, setField, withoutSign } from "../../wire/json-bound.ts";
import type { ValueSize } from "./schema-work.ts";

/** JSON without another owner, which may be changed. */
export type OwnJson = null | boolean | number | string | OwnJson[] | OwnFields;
export type OwnFields = { [key: string]: OwnJson };

export interface Measured extends ValueSize {
  readonly copy: OwnJson;
  /** True when it nests deeper than any value that is accepted. */
  readonly isTooDeep: boolean;
}

/** Copies and measures a value in one pass. */
export function measuredCopy(value: Json): Measured {
  let [values, characters, depth] = [0, 0, 0];
  const copy = (part: Json | undefined, level: number): OwnJson => {
    values += 1;
    if (level > depth) depth = level;
    if (typeof part === "string") characters += part.length;
    if (typeof part !== "object") return withoutSign(part) ?? null;
    if (part === null || level > JSON_BOUND.depth) return null;
    if (Array.isArray(part)) {
      return (part as readonly Json[]).map((item) => copy(item, level + 1));
    }
    const fields: OwnFields = {};
    const given = part as { readonly [key: string]: Json | undefined };
    for (const key of Object.keys(given)) {
      const field = given[key];
      if (field === undefined) continue;
      characters += key.length;
      setField(fields, key, copy(field, level + 1));
    }
    return fields;
  };
  const copied = copy(value, 0);
  return { copy: copied, values, characters, depth, isTooDeep: depth > JSON_BOUND.depth };
}

export function copyOf(value: OwnJson): OwnJson {
  return measuredCopy(value).copy;
}
