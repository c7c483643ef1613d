import type { ReferredSchema } from "./referred-schema.ts";

/**
 * The measure by which a schema multiplies the types that it is combined with, as a list: of one
 * for each choice of up to eight, of two for each larger one.
 */
export type ChoiceWeight<S, Root> = S extends { readonly $ref: unknown }
  ? readonly [...OwnWeight<S>, ...OwnWeight<ReferredSchema<S, Root>>]
  : OwnWeight<S>;

type OwnWeight<S> = S extends { readonly anyOf: infer Each } | { readonly oneOf: infer Each }
  ? Each extends { readonly 8: unknown }
    ? readonly [0, 0]
    : readonly [0]
  : S extends { readonly allOf: infer Each }
    ? WeightOfAll<Each>
    : readonly [];

type WeightOfAll<Each, Sum extends readonly unknown[] = readonly []> = Each extends readonly [
  infer One,
  ...infer More,
]
  ? WeightOfAll<More, readonly [...Sum, ...OwnWeight<One>]>
  : Sum;
