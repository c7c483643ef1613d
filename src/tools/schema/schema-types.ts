import type { Json, JsonSchema } from "../../wire/json.ts";
import { isObject, listOf, type Schema } from "./schema-keywords.ts";

/** The types of JSON Schema, by their names and by those of other languages and drafts. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ...["object", "array", "string", "number", "integer", "boolean", "null"].map(
    (type) => [type, type] as const,
  ),
  ["int", "integer"],
  ["long", "integer"],
  ["float", "number"],
  ["double", "number"],
  ["str", "string"],
  ["bool", "boolean"],
  ["list", "array"],
  ["tuple", "array"],
  ["dict", "object"],
  ["none", "null"],
]);

/**
 * Reads `type`: a name, or a list of names and (in draft 3) of schemas. An unknown name has no
 * meaning, and neither has a list that contains one.
 */
export function typeOf(
  value: Json,
  schema: JsonSchema,
  inside: (value: Json) => Schema,
): [string, Json][] {
  if (typeof value === "string") {
    const name = TYPES.get(value.toLowerCase());
    return name === undefined ? [] : [["type", name]];
  }
  const list = listOf(value);
  const names = list.map((item) => (item === null ? "null" : nameOf(item)));
  const unknown = list.some((item, at) => names[at] === undefined && !isObject(item));
  if (list.length === 0 || unknown) return [];
  const types = [...new Set(names.filter((name) => name !== undefined))];
  const schemas = list.filter(isObject);
  if (schemas.length === 0) return [["type", types]];
  const variants: Json[] = [...types.map((type) => ({ type })), ...schemas.map(inside)];
  return schema.anyOf === undefined ? [["anyOf", variants]] : [];
}

function nameOf(value: Json): string | undefined {
  return typeof value === "string" ? TYPES.get(value.toLowerCase()) : undefined;
}
