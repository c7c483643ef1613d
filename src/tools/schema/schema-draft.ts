import type { Json, JsonSchema } from "../../wire/json.ts";
import { isFitKey } from "./free-names.ts";
import { faultIn } from "./schema-faults.ts";
import { fieldsOf, isObject, type Schema, textsOf } from "./schema-keywords.ts";
import { nullable, type Reading, readers } from "./schema-readers.ts";
import { SchemaReferences } from "./schema-references.ts";

const DIALECT = "https://json-schema.org/draft/2020-12/schema";
/** Keywords whose values are not schemas, whatever their keys. */
const DATA = new Set(["default", "const", "examples", "dependentRequired", "$comment"]);
/**
 * The most subschemas of the result: references copy their targets, so it can be larger than the
 * input.
 */
const MAX_SCHEMAS = 20_000;

/**
 * Rewrites a schema of any draft, or of none, as one of 2020-12 in which every reference leads into
 * the root's `$defs`. Parts with an exact meaning keep it, parts without one are left out.
 *
 * **Fails with** a RangeError when it is too large; with `strict`, also with a TypeError that names
 * the first part without a meaning.
 */
export function modernSchema(
  root: JsonSchema,
  { strict = false }: { readonly strict?: boolean } = {},
): JsonSchema {
  const references = new SchemaReferences(root);
  const left = { schemas: MAX_SCHEMAS };
  const convert = (value: Json): Schema => {
    if (typeof value === "boolean") return value;
    if (!isObject(value)) return {};
    left.schemas -= 1;
    if (left.schemas < 0) throw new RangeError(`it holds more than ${MAX_SCHEMAS} schemas`);
    const reference = (ref: string): string | undefined => references.rewrite(ref);
    const fault = strict ? faultIn(value, reference) : undefined;
    if (fault !== undefined) throw new TypeError(fault);
    return read({ schema: value, inside: convert, reference });
  };
  const converted = convert(root);
  const defs: [string, Json][] = [];
  for (let next = references.take(); next !== undefined; next = references.take()) {
    defs.push([next.name, convert(next.schema)]);
  }
  return {
    ...(root.$schema === DIALECT ? { $schema: DIALECT } : {}),
    ...(isObject(converted) ? converted : {}),
    ...(defs.length === 0 ? {} : { $defs: Object.fromEntries(defs) }),
  };
}

/**
 * True when the value of an unknown keyword contains identifiers or references, which keep their
 * meaning there.
 */
function isSchemaLike(value: Json | undefined): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, inside]) => key.startsWith("$") || isSchemaLike(inside));
}

function read(reading: Reading): JsonSchema {
  const { schema } = reading;
  const entries = fieldsOf(schema).flatMap(([keyword, value]) => {
    const reader = readers.get(keyword);
    if (reader !== undefined) return reader(value, reading);
    const isData = DATA.has(keyword) || (isFitKey(keyword) && !isSchemaLike(value));
    return isData ? [[keyword, value] as const] : [];
  });
  const required = textsOf(schema.required);
  for (const [key, property] of fieldsOf(schema.properties)) {
    if (isObject(property) && property.required === true) required.push(key);
  }
  if (required.length > 0 || Array.isArray(schema.required)) entries.push(["required", required]);
  return nullable(schema, Object.fromEntries(entries));
}
