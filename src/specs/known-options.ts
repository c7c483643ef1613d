import { didYouMean } from "../wire/did-you-mean.ts";
import { PROVIDER_NAMES } from "../wire/providers.ts";
import { type FoundIssue, issueText } from "./issue-text.ts";

/** The parts of a Zod schema that lead from an object to its fields. */
interface Def {
  readonly type: string;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly innerType?: Schema;
  readonly element?: Schema;
  readonly valueType?: Schema;
  readonly options?: readonly Schema[];
}
type Schema = { readonly _zod: { readonly def: unknown } };

/** Returns what is wrong, with the name that was probably meant. */
export function issueAt(issue: FoundIssue, schema: Schema, value: unknown): string {
  const given = at(value, issue.path);
  const text = issueText(issue, given, keysAt(schema, issue.path));
  const isProvider = issue.path.at(-1) === "provider" && issue.code !== "invalid_value";
  return isProvider && typeof given === "string" ? text + didYouMean(given, PROVIDER_NAMES) : text;
}

/** Returns the option names at a path, of every branch of a union. */
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
