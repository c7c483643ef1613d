import { CoppiceError } from "../errors.ts";
import type { Decision } from "../wire/approval.ts";
import { describe } from "../wire/error-codec.ts";
import { plainJson } from "../wire/plain-json.ts";
import { check, decisionSchema } from "./spec-schema.ts";

/**
 * A copy of what somebody decided, for it comes from outside: from `decide` or from `approve`.
 *
 * **Fails with** OPTIONS_INVALID for anything that is no decision: `{ allow: "no" }` is no yes.
 */
export function readDecision(decision: unknown, from: string): Decision {
  check(decisionSchema, decision, from);
  const { answer, ...rest } = decision as Decision;
  if (answer === undefined) return rest;
  try {
    return { ...rest, answer: plainJson(answer) };
  } catch (thrown) {
    throw new CoppiceError("OPTIONS_INVALID", `${from}: answer: ${describe(thrown)}`);
  }
}

/** Two decisions are the same when they allow alike, as far, with the same words. */
export function decisionKey({ allow, scope = "once", reason, answer, by }: Decision): string {
  return JSON.stringify([allow, scope, reason ?? null, answer ?? null, by ?? null]);
}
