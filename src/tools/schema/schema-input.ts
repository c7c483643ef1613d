import type { JsonSchema } from "../../wire/json.ts";
import type { FromJsonSchema } from "./from-json-schema.ts";
import type { StandardSchemaV1 } from "./standard-schema.ts";

/**
 * The type that `execute` receives for a schema: derived from a literal JSON Schema, or declared by
 * a validator.
 */
export type SchemaInput<S> =
  S extends StandardSchemaV1<unknown, infer Output>
    ? Output
    : S extends JsonSchema
      ? FromJsonSchema<S>
      : unknown;
