/** Any value that survives JSON: what crosses threads, is journaled and is shown to people. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** A JSON Schema, as data. */
export type JsonSchema = { readonly [key: string]: Json | undefined };
