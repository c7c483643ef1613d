/** The target of a reference; a schema that allows anything when it cannot be found. */
export type ReferredSchema<S, Root> = S extends { readonly $ref: infer Ref }
  ? Ref extends "#"
    ? Root
    : Ref extends `#/${infer Path}`
      ? At<Root, Path>
      : true
  : true;

/** Follows a JSON Pointer; one with a percent sign is not decoded here. */
type At<Value, Path extends string> = Path extends `${string}%${string}`
  ? true
  : Path extends `${infer Key}/${infer More}`
    ? At<Field<Value, Unescaped<Key>>, More>
    : Field<Value, Unescaped<Path>>;

type Field<Value, Key extends string> = Key extends keyof Value ? Value[Key] : true;

type Unescaped<Key extends string> = Key extends `${infer A}~1${infer B}`
  ? `${A}/${Unescaped<B>}`
  : Key;
