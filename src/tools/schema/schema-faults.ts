import type { Json, JsonSchema } from "../../wire/json.ts";
import { fieldsOf, isObject, isSchema, listOf, SCHEMA_MAPS, SCHEMAS } from "./schema-keywords.ts";
import { isPattern } from "./schema-readers.ts";

const TYPES = new Set(["object", "array", "string", "number", "integer", "boolean", "null"]);
const REFERENCES = ["$ref", "$dynamicRef", "$recursiveRef"];

/**
 * Returns the first part of a schema, its subschemas excluded, that has no meaning in any draft
 * from 4 on; undefined when there is none, or when the compiler will report it.
 *
 * @param resolve returns the target of a reference
 */
export function faultIn(
  schema: JsonSchema,
  resolve: (reference: string) => string | undefined,
): string | undefined {
  const { type, pattern, enum: values } = schema;
  const types = typeof type === "string" ? [type] : listOf(type);
  const odd = types.find((name) => typeof name !== "string" || !TYPES.has(name));
  if (odd !== undefined || (type !== undefined && types.length === 0)) {
    return `there is no type ${shown(odd ?? type)}`;
  }
  for (const keyword of REFERENCES) {
    const reference = schema[keyword];
    if (reference === undefined) continue;
    if (typeof reference === "string" && resolve(reference) !== undefined) continue;
    return `there is nothing at ${shown(reference)}`;
  }
  const patterns = fieldsOf(schema.patternProperties).map(([key]) => key as Json);
  if (pattern !== undefined) patterns.push(pattern);
  const wrong = patterns.find((one) => !isPattern(one));
  if (wrong !== undefined) return `${shown(wrong)} is no regular expression (flag u)`;
  if (values !== undefined && listOf(values).length === 0) return "an `enum` has no values";
  return schemaIn(schema);
}

/** Returns the first keyword whose value should be a schema and is not. */
function schemaIn(schema: JsonSchema): string | undefined {
  for (const [keyword, value] of fieldsOf(schema)) {
    const isList = keyword === "items" && Array.isArray(value);
    if (SCHEMAS.has(keyword) && !isSchema(value) && !isList) return `\`${keyword}\` is no schema`;
    if (SCHEMA_MAPS.has(keyword)) {
      const odd = isObject(value) ? fieldsOf(value).find(([, one]) => !isSchema(one)) : [""];
      if (odd !== undefined) return `\`${keyword}\` holds what is no schema`;
    }
  }
  return undefined;
}

function shown(value: Json | undefined): string {
  return JSON.stringify(value ?? null).slice(0, 200);
}
