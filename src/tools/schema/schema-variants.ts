import { isDeepStrictEqual } from "node:util";
import type { Json } from "../../wire/json.ts";
import { isObject, listOf, type Schema } from "./schema-keywords.ts";

/** Keywords that do not restrict the values. */
const ANNOTATIONS = new Set(["title", "description", "default", "examples", "$comment"]);
/** Keywords that hold independently of the keywords beside them. */
const ALONE = new Set([
  ...ANNOTATIONS,
  ...["type", "const", "enum", "format", "pattern", "minLength", "maxLength"],
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
]);

/**
 * Returns a schema that fits when one of these does; schemas that list their values become one
 * list.
 */
export function oneOfThese(variants: readonly Schema[]): Schema {
  const flat = [...new Set(variants)].flatMap(alternatives).filter((one) => one !== false);
  const distinct = [...new Map(flat.map((one) => [schemaTextOf(one), one])).values()];
  const [first = false] = distinct;
  if (distinct.length <= 1) return first;
  if (distinct.some(isOpen)) return true;
  const values = distinct.map(valuesOf);
  if (values.some((list) => list === undefined)) return { anyOf: distinct as readonly Json[] };
  const all = values.flatMap((list) => list ?? []);
  const named = new Map(all.map((value) => [JSON.stringify(value), value]));
  const types = new Set(distinct.map((one) => (isObject(one) ? one.type : undefined)));
  const [type] = types;
  return {
    ...(types.size === 1 && type !== undefined ? { type } : {}),
    enum: [...named.values()],
  };
}

/** Returns a schema that fits when both do. */
export function bothOfThese(one: Schema, other: Schema): Schema {
  if (isOpen(one) || isDeepStrictEqual(one, other)) return other;
  if (isOpen(other)) return one;
  if (!isObject(one) || !isObject(other)) return false;
  const shared = Object.keys(one).filter((keyword) => Object.hasOwn(other, keyword));
  const agree = shared.every(
    (keyword) => ANNOTATIONS.has(keyword) || isDeepStrictEqual(one[keyword], other[keyword]),
  );
  const isPlain = [one, other].some((schema) => Object.keys(schema).every((k) => ALONE.has(k)));
  return agree && isPlain ? { ...other, ...one } : { allOf: [one, other] };
}

/** Returns the values that a schema lists; undefined when it restricts them in another way. */
export function valuesOf(schema: Schema): readonly Json[] | undefined {
  if (!isObject(schema)) return undefined;
  const { const: value, enum: values, type: _type, ...others } = schema;
  if (Object.keys(others).some((keyword) => !ANNOTATIONS.has(keyword))) return undefined;
  if (value !== undefined) return values === undefined ? [value] : undefined;
  return Array.isArray(values) ? listOf(values) : undefined;
}

/** JSON texts by schema: definitions are shared by many schemas, and serialised once. */
const texts = new WeakMap<object, string>();

/** Returns a schema as JSON. */
export function schemaTextOf(schema: Schema): string {
  if (!isObject(schema)) return String(schema);
  const text = texts.get(schema) ?? JSON.stringify(schema);
  texts.set(schema, text);
  return text;
}

function alternatives(schema: Schema): readonly Schema[] {
  if (!isObject(schema) || Object.keys(schema).join() !== "anyOf") return [schema];
  return listOf(schema.anyOf) as readonly Schema[];
}

function isOpen(schema: Schema): boolean {
  return schema === true || (isObject(schema) && Object.keys(schema).length === 0);
}
