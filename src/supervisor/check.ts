import { CoppiceError } from "../errors.ts";
import { withMeant } from "./known-options.ts";
import type { Issue, Schema } from "./spec-schema.ts";

/** Checks a value against a schema. Fails with OPTIONS_INVALID, naming every field at fault. */
export function check(schema: Schema, value: unknown, what: string): void {
  const result = schema.safeParse(value);
  if (result.success) return;
  const issues = flatten(result.error.issues).map((issue) => ({
    path: issue.path.map(String).join("."),
    message: withMeant(issue, schema, value),
  }));
  const told = issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  throw new CoppiceError("OPTIONS_INVALID", `${what}: ${told.join("; ")}`, { issues });
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
