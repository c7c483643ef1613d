import type { JsonSchema } from "../../wire/json.ts";
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

type FromJsonSchema<S> = S extends { readonly const: infer Value }
  ? Value
  : S extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : S extends { readonly type: infer Type extends keyof Primitives }
      ? Primitives[Type]
      : S extends { readonly type: "array"; readonly items: infer Items }
        ? readonly FromJsonSchema<Items>[]
        : S extends { readonly type: "object"; readonly properties: infer Properties }
          ? FromProperties<Properties, S extends { readonly required: infer R } ? R : readonly []>
          : unknown;

type Primitives = {
  readonly string: string;
  readonly number: number;
  readonly integer: number;
  readonly boolean: boolean;
  readonly null: null;
};

type FromProperties<Properties, Required> = {
  readonly [K in keyof Properties & Names<Required>]: FromJsonSchema<Properties[K]>;
} & {
  readonly [K in Exclude<keyof Properties, Names<Required>>]?: FromJsonSchema<Properties[K]>;
};

type Names<Required> = Required extends readonly (infer Name)[] ? Name : never;
