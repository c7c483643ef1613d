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

/** What is left out can make another thing wrong, and that is all that goes on. */
const MOST_ROUNDS = 5;
/** In these a schema speaks of the very value that it is held against. */
const SAME_VALUE = ["anyOf", "oneOf", "allOf", "not", "if", "then", "else", "dependentSchemas"];

/**
 * Leaves out, in place, what is no valid JSON Schema 2020-12.
 *
 * **Fails with** a RangeError when there is no end to it.
 */
export function repairSchema(schema: JsonSchema): void {
  cutCircles(schema);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const faults = schemaFaults(schema);
    if (faults.length === 0) return;
    for (const pointer of new Set(faults)) leaveOut(schema, pointer);
  }
  throw new RangeError("it is no valid JSON Schema");
}

/** Removes the keyword that a JSON Pointer leads into; a schema in a list or map fits all then. */
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
 * Cuts, in place, each reference that leads back to its own value without a step into it: it has
 * no meaning. True when there was one.
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
