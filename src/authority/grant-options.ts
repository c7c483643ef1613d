import type { CapabilityGrant, CapabilityLayer } from "../../machines/capability.ts";
import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import type { Grant } from "../wire/spec.ts";
import { SUBJECT_KINDS } from "./subjects.ts";

/** Fields of the contract that nothing honours yet: ignoring one would widen a right. */
const LATER = ["where", "ask", "uses", "expiresMs"];

/**
 * Reads a list of grants into full rights, frozen so that agents can share it.
 *
 * **Fails with** `OPTIONS_INVALID` for a pattern that can match no subject, a field that is
 * unknown, and one that this version does not honour.
 */
export function readGrants(grants: readonly Grant[], path: string): CapabilityLayer {
  if (!Array.isArray(grants)) throw invalid(path, grants, "`grants` must be a list");
  return Object.freeze(grants.map((grant: Grant) => readGrant(grant, path)));
}

/** True for a deny; tells a list that only takes away from one that gives. */
export function isDeny(grant: Grant): boolean {
  return typeof grant === "object" && grant !== null && "deny" in grant;
}

/** True for a list that only takes away, which is then added to what would hold without it. */
export function onlyDenies(grants: readonly Grant[]): boolean {
  return grants.length > 0 && grants.every(isDeny);
}

function readGrant(grant: Grant, path: string): CapabilityGrant {
  if (typeof grant === "string") {
    return { effect: "allow", pattern: readPattern(grant, path), use: true, delegate: true };
  }
  if (typeof grant !== "object" || grant === null) {
    throw invalid(path, grant, "must be a pattern, an allow or a deny");
  }
  const fields: { readonly [field: string]: unknown } = { ...grant };
  const effect = isDeny(grant) ? "deny" : "allow";
  const known = effect === "deny" ? ["deny"] : ["allow", "use", "delegate"];
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined || known.includes(field)) continue;
    const why = LATER.includes(field) ? "is not supported in this version" : "is not a field of it";
    throw invalid(path, grant, `\`${field}\` ${why}`);
  }
  const { use = true, delegate = true } = fields;
  if (typeof use !== "boolean" || typeof delegate !== "boolean") {
    throw invalid(path, grant, "`use` and `delegate` must be true or false");
  }
  return { effect, pattern: readPattern(fields[effect], path), use, delegate };
}

/** A misspelt kind would make an allow useless and a deny a hole, so it is refused. */
function readPattern(pattern: unknown, path: string): string {
  if (typeof pattern !== "string") throw invalid(path, pattern, "a pattern must be text");
  const kind = pattern.split(":", 1)[0] ?? "";
  const known = kind.includes("*") || SUBJECT_KINDS.some((name) => name === kind);
  if (known && (pattern.includes(":") || kind.includes("*"))) return pattern;
  throw invalid(path, pattern, `must begin with ${SUBJECT_KINDS.map((k) => `${k}:`).join(", ")}`);
}

function invalid(path: string, grant: unknown, what: string): CoppiceError {
  const message = `The grant ${describe(grant).slice(0, 200)} of ${path} cannot be used: ${what}`;
  return new CoppiceError("OPTIONS_INVALID", message, { option: "grants", path });
}
