import type { Json, JsonSchema } from "../../wire/json.ts";
import { fieldsOf, isObject, isSchema, listOf, SCHEMA_MAPS, SCHEMAS } from "./schema-keywords.ts";
import { isPattern } from "./schema-readers.ts";

const TYPES = new Set(["object", "array", "string", "number", "integer", "boolean", "null"]);
const REFERENCES = ["$ref", "$dynamicRef", "$recursiveRef"];

/**
 * Says what in a schema, not in those inside it, has no meaning in any draft from 4 on; undefined
 * when all of it has one, or when the compiler will say.
 *
 * @param resolve finds where a reference leads
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

/** Whatever should be a schema and is none. */
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
