import type { ChoiceWeight } from "./choice-weight.ts";
import type { ReferredSchema } from "./referred-schema.ts";
import type {
  Apart,
  Beside,
  Inside,
  InsideNow,
  Levels,
  PlaceOf,
  SchemaPlace,
  TypeOf,
} from "./schema-place.ts";
import type { TupleOf } from "./tuple-of.ts";

/**
 * The type of the values that a literal JSON Schema lets through, as the runtime hands them over:
 * a property with a `default` is there, and null for an optional property is left out.
 *
 * **Guarantees** never narrower than what may come: what cannot be read here is `unknown`, as a
 * `$ref` to an identifier is, a keyword that only refuses (`not`, `if`, `dependentRequired`) is
 * ignored, and so is a schema that is not literal. A schema may refer to itself.
 *
 * @typeParam Type the type of a value whose schema names none, such as `"object"`
 */
export type FromJsonSchema<S, Type = unknown> = S extends unknown
  ? Read<S, PlaceOf<S, Type, true, Levels, false>>
  : never;

type Read<S, P extends SchemaPlace> = P["left"] extends readonly []
  ? unknown
  : S extends boolean
    ? OfBoolean<S>
    : string extends keyof S
      ? OfType<P["type"], unknown, P>
      : OrNull<S, ReadKeys<S, keyof S & (OfValue | Composing), P>>;

type OfBoolean<S> = S extends false ? never : unknown;

type OfValue =
  | "type"
  | "const"
  | "enum"
  | "properties"
  | "required"
  | "additionalProperties"
  | "patternProperties"
  | "items"
  | "prefixItems";
type Composing = "anyOf" | "oneOf" | "allOf" | "$ref";

/** Looks at keywords before types: to look at the type of a list is to read its items at once. */
type ReadKeys<S, Keys, P extends SchemaPlace> = [Keys] extends [OfValue]
  ? Typed<S, P>
  : [Keys] extends ["$ref"]
    ? Read<ReferredSchema<S, P["root"]>, Beside<S, P>>
    : [Keys] extends ["anyOf" | "type"] | ["oneOf" | "type"]
      ? Read<Choices<S>, Beside<S, P, false>>
      : S extends { readonly allOf: readonly [infer Only] }
        ? [Keys] extends ["allOf" | "type"]
          ? Read<Only, Beside<S, P>>
          : Shown<Mixed<S, P>>
        : Shown<Mixed<S, P>>;

/** One object type in place of an intersection, without the members that no JSON value is. */
type Shown<T> = T extends string | number | boolean
  ? T extends object
    ? never
    : T
  : T extends readonly unknown[]
    ? T
    : T extends object
      ? [keyof T] extends [never]
        ? AnyObject
        : Merged<T>
      : T;

type Merged<T> = T extends unknown ? { readonly [Key in keyof T]: T[Key] } : never;
type AnyObject = { readonly [key: string]: unknown };

/** A schema whose parts say different things of the same value. */
type Mixed<S, P extends SchemaPlace> = Typed<S, P, true> &
  Part<ReferredSchema<S, P["root"]>, Apart<S, P>> &
  Part<Choices<S>, Apart<S, P, false>> &
  (S extends { readonly allOf: infer Each }
    ? AllOf<Each, Apart<S, P>, ChoiceWeight<Omit<S, "allOf">, P["root"]>>
    : unknown);

type Part<S, P extends SchemaPlace> = P["left"] extends readonly []
  ? unknown
  : S extends boolean
    ? OfBoolean<S>
    : string extends keyof S
      ? unknown
      : OrNull<S, Mixed<S, P>>;

/**
 * All members but those whose choices would make too many types: choices multiply. `Weight` is
 * that of the choices so far.
 */
type AllOf<
  Each,
  P extends SchemaPlace,
  Weight extends readonly unknown[],
  All = unknown,
> = Each extends readonly [infer One, ...infer More]
  ? readonly [...Weight, ...ChoiceWeight<One, P["root"]>] extends readonly [
      0,
      0,
      0,
      0,
      ...(readonly unknown[]),
    ]
    ? AllOf<More, P, Weight, All>
    : AllOf<More, P, readonly [...Weight, ...ChoiceWeight<One, P["root"]>], All & Part<One, P>>
  : All;

/** The schemas of a choice; one that allows anything when there are none. */
type Choices<S> = S extends { readonly anyOf: infer Each }
  ? OneOf<Each>
  : S extends { readonly oneOf: infer Each }
    ? OneOf<Each>
    : true;

type OneOf<Each> = Each extends readonly (infer One)[]
  ? [One] extends [never]
    ? true
    : One
  : true;

type OrNull<S, T> = "nullable" extends keyof S
  ? S["nullable" & keyof S] extends false
    ? T
    : T | null
  : T;

type Typed<S, P extends SchemaPlace, IsPart = false> = S extends { readonly const: infer Value }
  ? Value
  : S extends { readonly enum: readonly (infer Value)[] }
    ? [Value] extends [never]
      ? unknown
      : Value
    : OfType<TypeOf<S, P>, S, P, IsPart>;

type OfType<Type, S, P extends SchemaPlace, IsPart = false> = Type extends keyof Scalars
  ? Scalars[Type]
  : Type extends "array"
    ? OfArray<S, Within<P, IsPart>>
    : Type extends "object"
      ? IsPart extends true
        ? OfObject<S, P>
        : WholeObject<S, P>
      : unknown;

/** The place of what an array or a record holds. */
type Within<P extends SchemaPlace, IsPart = false> = true extends IsPart | P["atOnce"]
  ? InsideNow<P>
  : Inside<P>;

interface Scalars {
  readonly string: string;
  readonly number: number;
  readonly integer: number;
  readonly boolean: boolean;
  readonly null: null;
}

/** `P` is the place of its items. */
type OfArray<S, P extends SchemaPlace> = S extends { readonly prefixItems: infer Items }
  ? OfTuple<Items, Further<S, "items">, S, P>
  : S extends { readonly items: infer Items }
    ? Items extends readonly unknown[]
      ? OfTuple<Items, Further<S, "additionalItems">, S, P>
      : readonly Read<Items, P>[]
    : readonly unknown[];

type Further<S, Keyword extends string> = S extends { readonly [K in Keyword]: infer More }
  ? More extends readonly unknown[]
    ? true
    : More
  : true;

/** An item may be missing, unless `minItems` says that it is there. */
type OfTuple<Items, Others, S, P extends SchemaPlace> = Items extends readonly unknown[]
  ? number extends Items["length"]
    ? readonly unknown[]
    : TupleOf<
        { readonly [Index in keyof Items]: Read<Items[Index], InsideNow<P>> },
        Others extends false
          ? readonly []
          : S extends { readonly maxItems: Items["length"] }
            ? readonly []
            : readonly Read<Others, P>[],
        S extends { readonly minItems: infer Least extends number } ? Least : 0
      >
  : readonly unknown[];

/** A record is read when it is looked at; to merge one with properties is to look at it. */
type WholeObject<S, P extends SchemaPlace> = [NamesOf<S>] extends [never]
  ? More<S, Within<P>, AnyObject>
  : Merged<OfObject<S, P>>;

type NamesOf<S> = Needed<S> | (S extends { readonly properties: infer All } ? keyof All : never);

type OfObject<S, P extends SchemaPlace> = (S extends { readonly properties: infer Properties }
  ? Fields<Properties, Present<S, Properties, P>, P> & Named<S, keyof Properties>
  : Named<S, never>) &
  More<S, InsideNow<P>, object>;

type Fields<Properties, Sure, P extends SchemaPlace> = {
  readonly [Key in keyof Properties as Key extends Sure ? Key : never]: Read<
    Properties[Key],
    Inside<P>
  >;
} & {
  readonly [Key in keyof Properties as Key extends Sure ? never : Key]?: Read<
    Properties[Key],
    Inside<P>
  >;
};

type Present<S, Properties, P extends SchemaPlace> =
  | Needed<S>
  | (P["fills"] extends true ? Filled<Properties> : never);

/** The names in a literal list: any other may hold fewer. */
type Needed<S> = S extends { readonly required: infer Names extends readonly unknown[] }
  ? number extends Names["length"]
    ? never
    : Names[number]
  : never;

type Filled<Properties> = {
  [Key in keyof Properties]: Properties[Key] extends { readonly default: unknown } ? Key : never;
}[keyof Properties];

/** Properties that are only known to be there. */
type Named<S, Known> = [Exclude<Needed<S>, Known>] extends [never]
  ? object
  : { readonly [Key in Exclude<Needed<S>, Known> & string]: Given };

/** Any JSON value: undefined is none. */
type Given = NonNullable<unknown> | null;

/** Properties without a name in the schema; `Each` is their place. */
type More<S, Each extends SchemaPlace, None> = S extends {
  readonly patternProperties: infer Patterns;
}
  ? { readonly [key: string]: Unnamed<S, Each> | Read<Patterns[keyof Patterns], Each> }
  : S extends { readonly additionalProperties: infer Others }
    ? Others extends false
      ? None
      : { readonly [key: string]: Unnamed<S, Each> }
    : None;

/** The type at a key that is not known: that of any property, too. */
type Unnamed<S, Each extends SchemaPlace> = S extends {
  readonly additionalProperties: infer Others;
}
  ?
      | Read<Others, Each>
      | (S extends { readonly properties: infer All } ? Read<All[keyof All], Each> : never)
  : unknown;
