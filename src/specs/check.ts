import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import { checkAmount, isPlainData, JSON_BOUND } from "../wire/json-bound.ts";
import type { FoundIssue } from "./issue-text.ts";
import { issueAt } from "./known-options.ts";
import type { Issue, OptionsSchema } from "./spec-schema.ts";

/**
 * Bounds of options: deeper than JSON_BOUND, because a value inside them may use its full depth.
 */
const OPTIONS_BOUND = { ...JSON_BOUND, depth: JSON_BOUND.depth + 20 };
/** Fields with code, or with values that are bounded one by one: only their length counts here. */
const APART: ReadonlySet<string> = new Set(["agents", "answer", "input", "result", "tools"]);

/** Checks a value against a schema. Fails with OPTIONS_INVALID, naming every invalid field. */
export function check(schema: OptionsSchema, value: unknown, what: string): void {
  const result = readable(what, () => {
    // Checked first, because a schema visits all of its input, be it an array of four billion
    // holes.
    checkFields(value, what);
    return schema.safeParse(value);
  });
  if (result.success) return;
  const issues = flatten(result.error.issues).map((issue) => ({
    path: issue.path.map(String).join("."),
    message: issueAt(issue as FoundIssue, schema, value),
  }));
  const messages = issues.map(({ path, message }) =>
    path === "" ? message : `${path}: ${message}`,
  );
  throw new CoppiceError("OPTIONS_INVALID", `${what}: ${messages.join("; ")}`, { issues });
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

/** Calls `read`; an error that it throws becomes OPTIONS_INVALID. */
function readable<Result>(what: string, read: () => Result): Result {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof CoppiceError) throw thrown;
    throw new CoppiceError("OPTIONS_INVALID", `${what}: it cannot be used: ${describe(thrown)}`);
  }
}

/** A value that is of none of the kinds that a union takes. */
interface NoKind {
  readonly code: "no_kind";
  readonly kinds: readonly Issue[];
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Replaces the "invalid input" of a union by the issues of its closest branch. */
function flatten(
  issues: readonly Issue[],
  prefix: readonly PropertyKey[] = [],
): readonly (Issue | NoKind)[] {
  return issues.flatMap((issue): readonly (Issue | NoKind)[] => {
    const path = [...prefix, ...issue.path];
    if (issue.code !== "invalid_union") return [{ ...issue, path }];
    const branches = [...issue.errors].filter((branch) => branch.length > 0);
    const kinds = branches.flatMap((branch) => (branch.every(isOfAnotherKind) ? branch : []));
    if (kinds.length === branches.length)
      return [{ code: "no_kind", kinds, path, message: issue.message }];
    const meant = branches.filter((branch) => !branch.some(isOfAnother));
    const deepest = (meant.length > 0 ? meant : branches).sort((a, b) => depth(b) - depth(a))[0];
    return deepest === undefined ? [{ ...issue, path }] : flatten(deepest, path);
  });
}

/** True for an issue of a union branch that describes another provider. */
const isOfAnother = ({ path }: Issue): boolean => path.length === 1 && path[0] === "provider";

/** True for an issue that says no more than of which kind a value has to be. */
const isOfAnotherKind = ({ path, code }: Issue): boolean =>
  path.length === 0 && (code === "invalid_type" || code === "invalid_value");

function depth(issues: readonly Issue[]): number {
  return Math.max(
    ...issues.map((issue) => issue.path.length + (issue.code === "invalid_type" ? 0 : 1)),
  );
}
