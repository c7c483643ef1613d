/** The place of a schema. */
export interface SchemaPlace {
  /** The whole schema, which references lead into. */
  readonly root: unknown;
  /** The type names of the schema around it, for one that names none. */
  readonly type: unknown;
  /** True where defaults are filled in. */
  readonly fills: boolean;
  /** The steps that may still be taken at once. */
  readonly left: readonly unknown[];
  /** True where items, too, are read at once. */
  readonly atOnce: boolean;
}

export type PlaceOf<Root, Type, Fills, Left, AtOnce> = {
  readonly root: Root;
  readonly type: Type;
  readonly fills: Fills;
  readonly left: Left;
  readonly atOnce: AtOnce;
};

/** The compiler stops at a hundred instantiations within each other. */
export type Levels = readonly [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/**
 * The place of a value inside: it is read when it is looked at, so it may recur. Here and below a
 * condition keeps the compiler from making one more type for each place that this is said of: a
 * schema that refers to itself would never close.
 */
export type Inside<P> = P extends SchemaPlace
  ? PlaceOf<P["root"], unknown, P["fills"], Levels, false>
  : never;

export type InsideNow<P> = P extends SchemaPlace
  ? PlaceOf<P["root"], unknown, P["fills"], Rest<P["left"]>, true>
  : never;

/** The place of another schema of the same value. */
export type Beside<S, P extends SchemaPlace, Fills = P["fills"]> = P extends SchemaPlace
  ? PlaceOf<P["root"], TypeOf<S, P>, Fills, Rest<P["left"]>, P["atOnce"]>
  : never;

/** To combine schemas takes more instantiations, so it takes three steps. */
export type Apart<S, P extends SchemaPlace, Fills = P["fills"]> = P extends SchemaPlace
  ? PlaceOf<P["root"], TypeOf<S, P>, Fills, Rest<Rest<Rest<P["left"]>>>, P["atOnce"]>
  : never;

type Rest<List extends readonly unknown[]> = List extends readonly [unknown, ...infer More]
  ? More
  : readonly [];

/** The names of the types that a schema allows; `unknown` when nobody knows. */
export type TypeOf<S, P extends SchemaPlace> = S extends { readonly type: infer Type }
  ? Type extends readonly (infer One)[]
    ? Literal<One, unknown>
    : Literal<Type, P["type"]>
  : "type" extends keyof S
    ? unknown
    : P["type"];

type Literal<Name, Otherwise> = string extends Name ? Otherwise : Name;
