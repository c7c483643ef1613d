import { hash } from "node:crypto";
import { CoppiceError } from "../errors.ts";
import { check } from "../specs/check.ts";
import { decidedSchema, decisionSchema } from "../specs/spec-schema.ts";
import type { Decided, Decision } from "../wire/approval.ts";
import { describe } from "../wire/error-codec.ts";
import { plainJson } from "../wire/json-bound.ts";

/** One question, several with a shared decision, or several each with its own decision. */
export type Decidable = string | readonly string[] | readonly Decided[];

/**
 * Returns a checked copy of a decision that came from outside, from `decide` or `approve`.
 *
 * **Fails with** OPTIONS_INVALID for anything that is not a decision: `{ allow: "no" }` is not a
 * yes.
 */
export function readDecision(decision: unknown, from: string): Decision {
  check(decisionSchema, decision, from);
  const { answer, result, ...rest } = decision as Decision;
  return { ...rest, ...copied("answer", answer, from), ...copied("result", result, from) };
}

function copied(field: "answer" | "result", value: unknown, from: string) {
  if (value === undefined) return {};
  try {
    return { [field]: plainJson(value) };
  } catch (thrown) {
    throw new CoppiceError("OPTIONS_INVALID", `${from}: ${field}: ${describe(thrown)}`);
  }
}

/** Reads the forms of `decide`: `(id, d)`, `(ids, d)`, `([{ id, decision }])`. */
export function readDecided(what: Decidable, decision: unknown): Decided[] {
  check(decidedSchema, what, "decide");
  const given = typeof what === "string" ? [what] : what;
  const shared = given.some((one) => typeof one === "string") && readDecision(decision, "decide");
  return given.map((one, index) => {
    if (typeof one === "string") return { id: one, decision: shared as Decision };
    const from = `decide[${index}]`;
    return { id: one.id, decision: readDecision(one.decision, from) };
  });
}

/** The longest key, in characters, that is kept as it is; a longer one is kept as its hash. */
const MAX_KEY_LENGTH = 1_024;

/**
 * Returns the key of a decision. Two decisions are the same when they agree on `allow`, `scope`,
 * `reason`, `answer`, `result` and `by`.
 */
export function decisionKey(decision: Decision): string {
  const { allow, scope = "once", reason, answer, result, by } = decision;
  const stands = result === undefined ? [] : [result];
  const words = [allow, scope, reason ?? null, answer ?? null, by ?? null, ...stands];
  const key = JSON.stringify(words);
  return key.length > MAX_KEY_LENGTH ? hash("sha256", key, "hex") : key;
}
