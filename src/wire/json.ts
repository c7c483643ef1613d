/** Any value that survives JSON: what crosses threads, is journaled and is shown to people. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * A value that a caller gives where JSON is meant: {@link Json}, or an object whose type is an
 * interface or a class, with fields that are JSON. What it holds is checked when it is given.
 *
 * The compiler refuses functions, promises, maps, sets, typed arrays, buffers, `undefined`, bigints
 * and symbols.
 */
export type JsonLike =
  | null
  | boolean
  | number
  | string
  | readonly JsonLike[]
  | { readonly [key: string]: JsonLike | undefined }
  | JsonObject;

/** An object that is no function, cannot be iterated, and is none of the language's own kinds. */
type JsonObject = object & {
  readonly bind?: never;
  readonly [Symbol.iterator]?: never;
  readonly [Symbol.toStringTag]?: never;
};

/** A JSON Schema, as data. */
export type JsonSchema = { readonly [key: string]: Json | undefined };
