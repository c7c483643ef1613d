import type { Json, JsonSchema } from "../../wire/json.ts";

/** A schema in the place of a subschema. */
export type Schema = boolean | JsonSchema;

/** Keywords whose value is an object of schemas. */
export const SCHEMA_MAPS: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "dependentSchemas",
]);

/** Keywords whose value is a list of schemas. */
export const SCHEMA_LISTS: ReadonlySet<string> = new Set([
  "prefixItems",
  "anyOf",
  "oneOf",
  "allOf",
]);

/** Keywords whose value is a schema. */
export const SCHEMAS: ReadonlySet<string> = new Set([
  "items",
  "contains",
  "additionalProperties",
  "unevaluatedItems",
  "unevaluatedProperties",
  "propertyNames",
  "not",
  "if",
  "then",
  "else",
]);

export function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === "boolean" || isObject(value);
}

/** Returns the fields of a keyword that should be an object; none for any other value. */
export function fieldsOf(value: Json | undefined): [string, Json][] {
  if (!isObject(value)) return [];
  return Object.entries(value).map(([key, field = null]) => [key, field]);
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** Returns the distinct strings of a keyword that should be a list. */
export function textsOf(value: Json | undefined): string[] {
  return [...new Set(listOf(value).filter((item) => typeof item === "string"))];
}

/** Returns a copy with each direct subschema replaced. */
export function mapInside(
  schema: JsonSchema,
  map: (inside: Schema, keyword: string) => Schema,
): JsonSchema {
  const one = (keyword: string, value: Json): Json =>
    isSchema(value) ? map(value, keyword) : value;
  const entries = fieldsOf(schema).map(([keyword, value]): [string, Json] => {
    if (SCHEMAS.has(keyword)) return [keyword, one(keyword, value)];
    if (SCHEMA_LISTS.has(keyword) && Array.isArray(value)) {
      return [keyword, listOf(value).map((item) => one(keyword, item))];
    }
    if (!SCHEMA_MAPS.has(keyword) || !isObject(value)) return [keyword, value];
    const inside = fieldsOf(value).map(([key, item]) => [key, one(keyword, item)]);
    return [keyword, Object.fromEntries(inside)];
  });
  return Object.fromEntries(entries);
}

/** Yields all direct subschemas, each with its keyword and its key or number. */
export function* insideOf(
  schema: JsonSchema,
): Generator<readonly [keyword: string, at: string, inside: Schema]> {
  for (const [keyword, value] of fieldsOf(schema)) {
    if (SCHEMAS.has(keyword) && isSchema(value)) yield [keyword, "", value];
    const isMap = SCHEMA_MAPS.has(keyword) && isObject(value);
    if (!isMap && !SCHEMA_LISTS.has(keyword)) continue;
    for (const [at, item] of Object.entries(value as { readonly [at: string]: Json })) {
      if (isSchema(item)) yield [keyword, at, item];
    }
  }
}

/** Returns the target of a reference into the root's `$defs` or to the root. */
export function targetOf(root: JsonSchema, reference: Json | undefined): Schema | undefined {
  if (reference === "#") return root;
  const name = typeof reference === "string" ? /^#\/\$defs\/([^/]+)$/.exec(reference)?.[1] : "";
  const defs = root.$defs;
  if (!name || !isObject(defs) || !Object.hasOwn(defs, name)) return undefined;
  const target = defs[name];
  return isSchema(target) ? target : undefined;
}
