import type { Json, JsonSchema } from "../../wire/json.ts";
import { schemaFaults, segmentsOf } from "./compiled-schema.ts";
import {
  insideOf,
  isObject,
  SCHEMA_LISTS,
  SCHEMA_MAPS,
  SCHEMAS,
  targetOf,
} from "./schema-keywords.ts";

type Mutable = { [key: string]: Json | undefined };

/** The most rounds: a removal can make another part invalid, and nothing else does. */
const MAX_ROUNDS = 5;
/** Keywords whose subschemas apply to the same value. */
const SAME_VALUE = ["anyOf", "oneOf", "allOf", "not", "if", "then", "else", "dependentSchemas"];

/**
 * Removes, in place, the parts that are not valid JSON Schema 2020-12.
 *
 * **Fails with** a RangeError when faults remain after `MAX_ROUNDS` rounds.
 */
export function repairSchema(schema: JsonSchema): void {
  cutCircles(schema);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const faults = schemaFaults(schema);
    if (faults.length === 0) return;
    for (const pointer of new Set(faults)) leaveOut(schema, pointer);
  }
  throw new RangeError("it is no valid JSON Schema");
}

/**
 * Removes the keyword that a JSON Pointer leads into; a subschema in a list or map becomes `{}`.
 */
function leaveOut(root: Mutable, pointer: string): void {
  const parts = [...segmentsOf(pointer)];
  let schema = root;
  while (parts.length > 0) {
    const keyword = parts.shift() as string;
    const holds = SCHEMA_MAPS.has(keyword) || SCHEMA_LISTS.has(keyword);
    const isInside = parts.length > 0 && (holds || SCHEMAS.has(keyword));
    let value = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined;
    if (!isInside || typeof value !== "object" || value === null) {
      delete schema[keyword];
      return;
    }
    if (holds) {
      const at = parts.shift() as string;
      const list = value as Mutable;
      value = Object.hasOwn(list, at) ? list[at] : undefined;
      if (parts.length === 0 || !isObject(value)) {
        if (value !== undefined) list[at] = {};
        return;
      }
    }
    schema = value as Mutable;
  }
}

/**
 * Removes, in place, each reference that leads back to its own value without a step into it,
 * because it has no meaning. Returns true when there was one.
 */
export function cutCircles(root: JsonSchema): boolean {
  let isCut = false;
  const state = new Map<JsonSchema, "open" | "done">();
  const values = [root];
  const visit = (schema: JsonSchema): void => {
    if (state.has(schema)) return;
    state.set(schema, "open");
    for (const [keyword, , one] of insideOf(schema)) {
      if (!isObject(one)) continue;
      if (SAME_VALUE.includes(keyword)) visit(one);
      else values.push(one);
    }
    const target = targetOf(root, schema.$ref);
    if (isObject(target)) visit(target);
    if (isObject(target) && state.get(target) === "open") {
      delete (schema as Mutable).$ref;
      isCut = true;
    }
    state.set(schema, "done");
  };
  for (const value of values) visit(value);
  return isCut;
}
