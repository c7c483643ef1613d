/**
 * The type of what a literal JSON Schema lets through, as `execute` receives it.
 *
 * **Guarantees** never narrower than what fits the schema: what cannot be read here is `unknown`,
 * and so is what lies deeper than 12 levels. A schema that is not literal says
 * nothing. The input of a tool is an object, also where its schema leaves that out.
 */
export type FromJsonSchema<S> = S extends { readonly type: unknown } | { readonly $ref: unknown }
  ? Read<S, RootPlace<S>>
  : S extends { readonly properties: object }
    ? Read<S & { readonly type: "object" }, RootPlace<S>>
    : Read<S, RootPlace<S>>;

/** The levels that are left; a schema may refer to itself. */
type Levels = readonly [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/** The whole schema, the levels left, and whether a `default` is filled in at this place. */
interface Place {
  readonly root: unknown;
  readonly left: readonly unknown[];
  readonly fills: boolean;
}
type Below<P extends Place> = P["left"] extends readonly [unknown, ...infer Rest]
  ? { readonly root: P["root"]; readonly left: Rest; readonly fills: P["fills"] }
  : never;
/** Within `anyOf`, `oneOf` and `allOf` no `default` is counted on. */
type Unfilled<P extends Place> = {
  readonly root: P["root"];
  readonly left: P["left"];
  readonly fills: false;
};

type RootPlace<S> = { readonly root: S; readonly left: Levels; readonly fills: true };
type Read<S, P extends Place> = P["left"] extends readonly []
  ? unknown
  : S extends boolean
    ? S extends false
      ? never
      : unknown
    : S extends { readonly $ref: infer Ref }
      ? Read<Referred<Ref, P["root"]>, Below<P>>
      : Flat<OrNull<S, Typed<S, P>> & OneOf<S, P> & AllOf<S, P>>;

type Referred<Ref, Root> = Ref extends `#/$defs/${infer Name}`
  ? At<Root, "$defs", Name>
  : Ref extends `#/definitions/${infer Name}`
    ? At<Root, "definitions", Name>
    : Ref extends "#"
      ? Root
      : true;
type At<Root, Folder extends string, Name extends string> = Root extends {
  readonly [F in Folder]: { readonly [N in Name]: infer S };
}
  ? S
  : true;

type OrNull<S, T> = S extends { readonly nullable: true } ? T | null : T;

type Typed<S, P extends Place> = S extends { readonly const: infer Value }
  ? Value
  : S extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : S extends { readonly type: infer Type }
      ? OfType<Type extends readonly (infer One)[] ? One : Type, S, P>
      : unknown;

type OfType<Type, S, P extends Place> = Type extends keyof Primitives
  ? Primitives[Type]
  : Type extends "array"
    ? OfArray<S, Below<P>>
    : Type extends "object"
      ? OfObject<S, Below<P>>
      : unknown;

interface Primitives {
  readonly string: string;
  readonly number: number;
  readonly integer: number;
  readonly boolean: boolean;
  readonly null: null;
}

type OneOf<S, P extends Place> = S extends { readonly anyOf: infer Each }
  ? Choice<Each, P>
  : S extends { readonly oneOf: infer Each }
    ? Choice<Each, P>
    : unknown;
type Choice<Each, P extends Place> = Each extends readonly [unknown, ...(readonly unknown[])]
  ? { [I in keyof Each]: Read<Each[I], Unfilled<Below<P>>> }[number]
  : unknown;

type AllOf<S, P extends Place> = S extends { readonly allOf: infer Each }
  ? Every<Each, P>
  : unknown;
type Every<Each, P extends Place> = Each extends readonly [infer First, ...infer Rest]
  ? Read<First, Unfilled<Below<P>>> & Every<Rest, P>
  : unknown;

type OfArray<S, P extends Place> = S extends { readonly prefixItems: infer Items }
  ? OfTuple<Items, S extends { readonly items: infer More } ? More : true, S, P>
  : S extends { readonly items: infer Items }
    ? Items extends readonly unknown[]
      ? OfTuple<Items, S extends { readonly additionalItems: infer More } ? More : true, S, P>
      : readonly Read<Items, P>[]
    : readonly unknown[];
/** Elements may be missing, unless `minItems` is their number. */
type OfTuple<Items, More, S, P extends Place> = Items extends readonly unknown[]
  ? number extends Items["length"]
    ? readonly unknown[]
    : S extends { readonly minItems: Items["length"] }
      ? readonly [...Each<Items, P>, ...Further<More, P>]
      : readonly [...Partial<Each<Items, P>>, ...Further<More, P>]
  : readonly unknown[];
type Each<Items extends readonly unknown[], P extends Place> = {
  -readonly [I in keyof Items]: Read<Items[I], P>;
};
type Further<More, P extends Place> = More extends false ? [] : Read<More, P>[];

type OfObject<S, P extends Place> = S extends { readonly properties: infer Properties }
  ? Fields<Properties, Needed<S> | (P["fills"] extends true ? Filled<Properties> : never), P>
  : S extends { readonly patternProperties: object }
    ? { readonly [name: string]: unknown }
    : S extends { readonly additionalProperties: infer Each }
      ? { readonly [name: string]: Read<Each, P> }
      : { readonly [name: string]: unknown };
type Fields<Properties, Present, P extends Place> = {
  readonly [Name in keyof Properties as Name extends Present ? Name : never]: Read<
    Properties[Name],
    P
  >;
} & {
  readonly [Name in keyof Properties as Name extends Present ? never : Name]?: Read<
    Properties[Name],
    P
  >;
};
/** The names of a literal list; any other list may be of fewer. */
type Needed<S> = S extends { readonly required: readonly (infer Name)[] }
  ? string extends Name
    ? never
    : Name
  : never;
type Filled<Properties> = {
  [Name in keyof Properties]: Properties[Name] extends { readonly default: unknown } ? Name : never;
}[keyof Properties];

/** One object type in place of several, as an editor should show it. */
type Flat<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [Name in keyof T]: T[Name] }
    : T;
