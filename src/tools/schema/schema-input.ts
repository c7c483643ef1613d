import type { Json } from "../../wire/json.ts";
import type { FromJsonSchema } from "./from-json-schema.ts";
import type { StandardSchemaV1 } from "./standard-schema.ts";

/**
 * The type that `execute` receives for a schema: read from a literal JSON Schema, or declared by a
 * validator. Of any other schema it is an object, which is all that models send.
 */
export type SchemaInput<S> = 0 extends 1 & S
  ? AnyInput
  : S extends StandardSchemaV1<unknown, infer Output>
    ? Output
    : Otherwise<FromJsonSchema<S, "object">, S>;

/** A schema that names no type is that of an object. */
type Otherwise<Read, S> = unknown extends Read
  ? "type" extends keyof S
    ? unknown
    : AnyInput
  : Read;

export type AnyInput = { readonly [key: string]: unknown };

/**
 * A schema that is plain JSON as far as its type tells: a validator inside one has no meaning.
 */
export type PlainSchema<S> = S extends StandardSchemaV1
  ? unknown
  : {
      readonly [Key in keyof S]: S[Key] extends StandardSchemaV1
        ? Json
        : S[Key] extends object
          ? PlainSchema<S[Key]>
          : unknown;
    };

/**
 * The type that an annotation of `execute` is held to: that of the schema where a field of the two
 * has no value in common, otherwise any, as for a cast.
 */
export type HeldTo<S, Input> = AtOdds<SchemaInput<S>, Input> extends true ? SchemaInput<S> : never;

type AtOdds<Given, Input> = true extends {
  [Key in keyof Given & keyof Input]: [Given[Key]] extends [never]
    ? false
    : [Given[Key] & Input[Key]] extends [never]
      ? true
      : false;
}[keyof Given & keyof Input]
  ? true
  : false;
