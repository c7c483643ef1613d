import type { Json, JsonSchema } from "../../wire/json.ts";
import { isFitKey } from "./free-names.ts";
import { faultIn } from "./schema-faults.ts";
import { fieldsOf, isObject, type Schema, textsOf } from "./schema-keywords.ts";
import { nullable, type Reading, readers } from "./schema-readers.ts";
import { SchemaReferences } from "./schema-references.ts";

const DIALECT = "https://json-schema.org/draft/2020-12/schema";
/** Keywords whose values are no schemas, whatever their keys. */
const DATA = new Set(["default", "const", "examples", "dependentRequired", "$comment"]);
/** References copy what they point at, so the copy can be larger than what was given. */
const MOST_SCHEMAS = 20_000;

/**
 * Writes a schema of whatever draft, or of none, as one of 2020-12, with every reference leading
 * into the root's `$defs`. What has an exact meaning keeps it, what has none is left out.
 *
 * **Fails with** a RangeError when it is too large; with `strict`, also with a TypeError that names
 * the first thing that has no meaning.
 */
export function modernSchema(
  root: JsonSchema,
  { strict = false }: { readonly strict?: boolean } = {},
): JsonSchema {
  const references = new SchemaReferences(root);
  const left = { schemas: MOST_SCHEMAS };
  const convert = (value: Json): Schema => {
    if (typeof value === "boolean") return value;
    if (!isObject(value)) return {};
    left.schemas -= 1;
    if (left.schemas < 0) throw new RangeError(`it holds more than ${MOST_SCHEMAS} schemas`);
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

/** Under a word that nobody knows, identifiers and references mean what they mean elsewhere. */
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
