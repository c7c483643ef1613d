import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import { checkAmount, isPlainData, JSON_BOUND } from "../wire/json-bound.ts";
import { withMeant } from "./known-options.ts";
import type { Issue, OptionsSchema } from "./spec-schema.ts";

/** Options may have a value in them that nests as deep as one may. */
const OPTIONS_BOUND = { ...JSON_BOUND, depth: JSON_BOUND.depth + 20 };
/** Fields with code in them, or with values that have a bound each: only their length counts. */
const APART: ReadonlySet<string> = new Set(["agents", "answer", "input", "result", "tools"]);

/** Checks a value against a schema. Fails with OPTIONS_INVALID, naming every field at fault. */
export function check(schema: OptionsSchema, value: unknown, what: string): void {
  const result = readable(what, () => {
    // A schema goes through all that it is given, were it four billion holes.
    checkFields(value, what);
    return schema.safeParse(value);
  });
  if (result.success) return;
  const issues = flatten(result.error.issues).map((issue) => ({
    path: issue.path.map(String).join("."),
    message: withMeant(issue, schema, value),
  }));
  const told = issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  throw new CoppiceError("OPTIONS_INVALID", `${what}: ${told.join("; ")}`, { issues });
}

function checkFields(value: unknown, what: string): void {
  if (!isPlainData(value) || Array.isArray(value)) {
    return checkAmount(value, OPTIONS_BOUND, isPlainData);
  }
  for (const [field, given] of Object.entries(value as object)) {
    const isLookedAt = APART.has(field) ? Array.isArray : isPlainData;
    readable(`${what}: ${field}`, () => checkAmount(given, OPTIONS_BOUND, isLookedAt));
  }
}

/** What throws when it is read is no option either. */
function readable<Result>(what: string, read: () => Result): Result {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof CoppiceError) throw thrown;
    throw new CoppiceError("OPTIONS_INVALID", `${what}: it cannot be used: ${describe(thrown)}`);
  }
}

/** A union says only "invalid input"; its closest branch says why. */
function flatten(issues: readonly Issue[], prefix: readonly PropertyKey[] = []): readonly Issue[] {
  return issues.flatMap((issue): readonly Issue[] => {
    const path = [...prefix, ...issue.path];
    if (issue.code !== "invalid_union") return [{ ...issue, path }];
    const branches = [...issue.errors].filter((branch) => branch.length > 0);
    const meant = branches.filter((branch) => !branch.some(isOfAnother));
    const deepest = (meant.length > 0 ? meant : branches).sort((a, b) => depth(b) - depth(a))[0];
    return deepest === undefined ? [{ ...issue, path }] : flatten(deepest, path);
  });
}

/** A model of one provider is held against that provider's options. */
const isOfAnother = ({ path }: Issue): boolean => path.length === 1 && path[0] === "provider";

function depth(issues: readonly Issue[]): number {
  return Math.max(
    ...issues.map((issue) => issue.path.length + (issue.code === "invalid_type" ? 0 : 1)),
  );
}
