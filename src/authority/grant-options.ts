import type { CapabilityGrant, CapabilityLayer } from "../../machines/capability/capability.ts";
import { CoppiceError } from "../errors.ts";
import { clip } from "../wire/clip.ts";
import { describe } from "../wire/error-codec.ts";
import { quoted } from "../wire/shown-text.ts";
import type { Grant } from "../wire/spec.ts";
import { SUBJECT_KINDS } from "./subjects.ts";
import { readWhere } from "./where-options.ts";

/** The fields of each kind of grant; a field that had no effect would widen a right. */
const FIELDS = {
  allow: ["allow", "where", "ask", "uses", "expiresMs", "use", "delegate"],
  deny: ["deny", "where"],
} as const satisfies Record<string, readonly string[]>;

/**
 * Reads a list of grants into full rights, frozen so that agents can share it.
 *
 * Among grants of one list that name a subject a deny wins over an ask, and an ask over an allow.
 * With `where` an allow applies when all the arguments that it names match; a deny, and the asking
 * of an ask, apply when one of them may match. These are wider than their patterns, and apply to an
 * argument that is missing (the tool may have a default for it) or cannot be read. Among several
 * that allow, one without `uses` is taken first. See {@link readWhere} for the patterns.
 *
 * **Fails with** `OPTIONS_INVALID` for a pattern that can match no subject, a `where` that cannot
 * be read or that is not about a tool, and a field that is unknown.
 * **Gotcha** a deny with `where` stops every call without that argument, so name only tools that
 * have it: `tool:fs/write_file` rather than `tool:*`.
 */
export function readGrants(grants: readonly Grant[], path: string): CapabilityLayer {
  if (!Array.isArray(grants)) throw invalid(path, grants, "`grants` must be a list");
  return Object.freeze(grants.map((grant: Grant) => readGrant(grant, path)));
}

/** True for a deny. */
export function isDeny(grant: Grant): boolean {
  return typeof grant === "object" && grant !== null && "deny" in grant;
}

/** True for a list of denies alone, which is added to the default rights. */
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
  const known: readonly string[] = FIELDS[effect];
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined || known.includes(field)) continue;
    const both = effect === "deny" && field === "allow";
    if (both) throw invalid(path, grant, "it has both `allow` and `deny`: make two grants of it");
    throw invalid(path, grant, `${effect === "deny" ? "a deny" : "an allow"} has no \`${field}\``);
  }
  const refuse = (what: string) => invalid(path, grant, what);
  const pattern = readPattern(fields[effect], path);
  const { use = true, delegate = true, ask, where } = fields;
  for (const [field, value] of Object.entries({ use, delegate, ask: ask ?? false })) {
    if (typeof value !== "boolean") throw refuse(`\`${field}\` must be true or false`);
  }
  if (where !== undefined && !pattern.startsWith("tool:")) {
    throw refuse("`where` is about arguments of tools, so the pattern must begin with tool:");
  }
  return {
    effect,
    pattern,
    use: use as boolean,
    delegate: delegate as boolean,
    ...(where === undefined ? {} : { where: readWhere(where, refuse) }),
    ...(ask === true ? { ask } : {}),
    ...readCount("uses", fields.uses, refuse),
    ...readCount("expiresMs", fields.expiresMs, refuse),
  };
}

function readCount(
  field: "uses" | "expiresMs",
  count: unknown,
  refuse: (what: string) => CoppiceError,
): Pick<CapabilityGrant, "uses" | "expiresMs"> {
  if (count === undefined) return {};
  if (typeof count === "number" && Number.isSafeInteger(count) && count >= 0) {
    return { [field]: count };
  }
  throw refuse(`\`${field}\` must be a whole number of at least 0; leave it out for unlimited`);
}

/** Reads a pattern. A misspelt kind would make an allow useless and a deny a hole, so it fails. */
function readPattern(pattern: unknown, path: string): string {
  if (typeof pattern !== "string") throw invalid(path, pattern, "a pattern must be text");
  const kind = pattern.split(":", 1)[0] ?? "";
  const known = kind.includes("*") || SUBJECT_KINDS.some((name) => name === kind);
  if (known && (pattern.includes(":") || kind.includes("*"))) return pattern;
  throw invalid(
    path,
    pattern,
    `a pattern begins with ${SUBJECT_KINDS.map((k) => `${k}:`).join(", ")}`,
  );
}

function invalid(path: string, grant: unknown, what: string): CoppiceError {
  const shown = typeof grant === "string" ? quoted(grant) : clip(describe(grant), 200);
  const message = `The grant ${shown} of ${path} cannot be used: ${what}`;
  return new CoppiceError("OPTIONS_INVALID", message, { option: "grants", path });
}
