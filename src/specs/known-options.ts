import { didYouMean } from "../wire/did-you-mean.ts";
import { PROVIDER_NAMES } from "../wire/providers.ts";

/** The parts of a schema of Zod's that lead from an object to what is in it. */
interface Def {
  readonly type: string;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly innerType?: Schema;
  readonly element?: Schema;
  readonly valueType?: Schema;
  readonly options?: readonly Schema[];
}
type Schema = { readonly _zod: { readonly def: unknown } };
/** What Zod says is wrong. */
interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

/** What is wrong, in Zod's words, and the name that was probably meant. */
export function withMeant(issue: Issue, schema: Schema, value: unknown): string {
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, issue.path);
    return issue.message + (issue.keys ?? []).map((key) => didYouMean(key, known)).join("");
  }
  const said = issue.path.at(-1) === "provider" ? at(value, issue.path) : undefined;
  return issue.message + (typeof said === "string" ? didYouMean(said, PROVIDER_NAMES) : "");
}

/** The options that there are at a path: of each branch of a union. */
function keysAt(schema: Schema, path: readonly PropertyKey[]): readonly string[] {
  const def = schema._zod.def as Def;
  const inner = def.innerType;
  if (inner !== undefined) return keysAt(inner, path);
  if (def.options !== undefined) return def.options.flatMap((option) => keysAt(option, path));
  const [first, ...rest] = path;
  if (first === undefined) return Object.keys(def.shape ?? {});
  const next = def.shape?.[String(first)] ?? def.element ?? def.valueType;
  return next === undefined ? [] : keysAt(next, rest);
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Record<PropertyKey, unknown>)[key];
  }
  return found;
}
