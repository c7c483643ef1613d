/**
 * The part of Standard Schema (https://standardschema.dev) that validates, and the part of Standard
 * JSON Schema that describes, which zod, valibot, arktype and others implement.
 */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * The places where validators describe themselves: that of the standard, then those of zod and of
 * arktype.
 */
export interface DescribesItself {
  readonly "~standard": {
    readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => unknown };
  };
  readonly toJSONSchema?: (options: { readonly io: "input" }) => unknown;
  readonly in?: { readonly toJsonSchema?: () => unknown };
}

/** True for a Standard Schema; those of arktype are functions, others objects. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 & DescribesItself {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const standard: unknown = Reflect.get(value, "~standard");
  if (typeof standard !== "object" || standard === null) return false;
  return typeof Reflect.get(standard, "validate") === "function";
}
