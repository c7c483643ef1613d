import type { Json, JsonSchema } from "../../wire/json.ts";
import {
  fieldsOf,
  isObject,
  listOf,
  SCHEMA_LISTS,
  SCHEMA_MAPS,
  SCHEMAS,
  type Schema,
  textsOf,
} from "./schema-keywords.ts";
import { typeOf } from "./schema-types.ts";

/** The entries that replace a keyword: none, one or several. */
type Entries = readonly (readonly [keyword: string, value: Json])[];

export interface Reading {
  /** The schema that contains the keyword. */
  readonly schema: JsonSchema;
  readonly inside: (value: Json) => Schema;
  readonly reference: (reference: string) => string | undefined;
}

type Reader = (value: Json, reading: Reading) => Entries;

const none: Reader = () => [];

/** The form of each keyword in 2020-12; a keyword without an entry stays as it is. */
export const readers = new Map<string, Reader>([
  ...["$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary"].map(
    (keyword): [string, Reader] => [keyword, none],
  ),
  // Read together with other keywords, or at the root.
  ...["$defs", "definitions", "additionalItems", "required", "nullable", "contentSchema"].map(
    (keyword): [string, Reader] => [keyword, none],
  ),
  ...[...SCHEMAS].map((keyword): [string, Reader] => [
    keyword,
    (value, { inside }) =>
      isObject(value) || typeof value === "boolean" ? [[keyword, inside(value)]] : [],
  ]),
  ...[...SCHEMA_LISTS].map((keyword): [string, Reader] => [
    keyword,
    (value, { inside }) =>
      listOf(value).length === 0 ? [] : [[keyword, listOf(value).map(inside)]],
  ]),
  ...[...SCHEMA_MAPS]
    .filter((keyword) => keyword !== "$defs")
    .map((keyword): [string, Reader] => [keyword, mapOfSchemas(keyword)]),
  ...["$ref", "$dynamicRef", "$recursiveRef"].map((keyword): [string, Reader] => [
    keyword,
    (value, { reference }) => {
      const rewritten = typeof value === "string" ? reference(value) : undefined;
      return rewritten === undefined ? [] : [["$ref", rewritten]];
    },
  ]),
  ["items", readItems],
  ["dependencies", readDependencies],
  ["type", (value, { schema, inside }) => typeOf(value, schema, inside)],
  ["enum", (value) => (listOf(value).length === 0 ? [] : [["enum", value]])],
  ["pattern", (value) => (isPattern(value) ? [["pattern", value]] : [])],
  ["divisibleBy", (value) => [["multipleOf", value]]],
  [
    "minimum",
    (value, { schema }) => (schema.exclusiveMinimum === true ? [] : [["minimum", value]]),
  ],
  [
    "maximum",
    (value, { schema }) => (schema.exclusiveMaximum === true ? [] : [["maximum", value]]),
  ],
  ["exclusiveMinimum", (value, { schema }) => exclusive("exclusiveMinimum", value, schema.minimum)],
  ["exclusiveMaximum", (value, { schema }) => exclusive("exclusiveMaximum", value, schema.maximum)],
]);

/** Reads an exclusive bound; up to draft 4 it was a flag on the bound beside it. */
function exclusive(keyword: string, value: Json, bound: Json | undefined): Entries {
  if (typeof value !== "boolean") return [[keyword, value]];
  return value && typeof bound === "number" ? [[keyword, bound]] : [];
}

function mapOfSchemas(keyword: string): Reader {
  return (value, { inside }) => {
    if (!isObject(value)) return [];
    const fields = fieldsOf(value)
      .filter(([key]) => keyword !== "patternProperties" || isPattern(key))
      .map(([key, schema]) => [key, inside(schema)]);
    return [[keyword, Object.fromEntries(fields)]];
  };
}

/**
 * Reads items: a list of them is the old form of `prefixItems`, `additionalItems` that of the rest.
 */
function readItems(value: Json, { schema, inside }: Reading): Entries {
  if (!Array.isArray(value)) {
    return isObject(value) || typeof value === "boolean" ? [["items", inside(value)]] : [];
  }
  const first = Array.isArray(schema.prefixItems) ? [] : listOf(value).map(inside);
  const { additionalItems: rest } = schema;
  return [
    ...(first.length === 0 ? [] : [["prefixItems", first] as const]),
    ...(rest === undefined ? [] : [["items", inside(rest)] as const]),
  ];
}

function readDependencies(value: Json, { schema, inside }: Reading): Entries {
  const all = fieldsOf(value);
  const lists = all.filter(([, item]) => Array.isArray(item));
  const schemas = all.filter(([, item]) => isObject(item) || typeof item === "boolean");
  const required = lists.map(([key, item]) => [key, textsOf(item)]);
  const whole = schemas.map(([key, item]) => [key, inside(item)]);
  return [
    ...(required.length === 0 || schema.dependentRequired !== undefined
      ? []
      : [["dependentRequired", Object.fromEntries(required)] as const]),
    ...(whole.length === 0 || schema.dependentSchemas !== undefined
      ? []
      : [["dependentSchemas", Object.fromEntries(whole)] as const]),
  ];
}

/** Applies `nullable`, OpenAPI's keyword for a type that also allows null. */
export function nullable(given: JsonSchema, schema: JsonSchema): JsonSchema {
  if (given.nullable !== true) return schema;
  const { type, enum: values, const: value, ...others } = schema;
  if (type !== undefined || values !== undefined || value !== undefined) {
    const types = typeof type === "string" ? [type] : textsOf(type);
    const listed = value === undefined ? values : [value];
    return {
      ...others,
      ...(type === undefined ? {} : { type: [...new Set([...types, "null"])] }),
      ...(listed === undefined ? {} : { enum: [...new Set([...listOf(listed), null])] }),
    };
  }
  const isOpen = ["$ref", "anyOf", "oneOf", "allOf"].every((word) => schema[word] === undefined);
  return isOpen ? schema : { anyOf: [schema, { type: "null" }] };
}

/** True when a pattern compiles under ECMA-262, as the service requires. */
export function isPattern(value: Json): boolean {
  if (typeof value !== "string") return false;
  try {
    return new RegExp(value, "u") instanceof RegExp;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
