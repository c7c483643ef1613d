/** A tuple of these items, of which the first `Least` are there, followed by others. */
export type TupleOf<
  Items extends readonly unknown[],
  Others extends readonly unknown[],
  Least extends number,
  Sure extends readonly unknown[] = readonly [],
> = Items extends readonly [infer One, ...infer More]
  ? Sure["length"] extends Least
    ? readonly [...Sure, ...Partial<Items>, ...Others]
    : TupleOf<More, Others, Least, readonly [...Sure, One]>
  : readonly [...Sure, ...Others];
