import type { ApprovalScope, Decision, PendingApproval } from "../index.ts";
import { shorten } from "../wire/clip.ts";

const SCOPES: Readonly<Record<string, ApprovalScope>> = {
  y: "once",
  yes: "once",
  a: "agent",
  agent: "agent",
  r: "run",
  run: "run",
  w: "always",
  always: "always",
};

const MOST_SHOWN = 2000;

/** Controls, marks of direction, and what has no width. */
const HIDING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** What is asked, as a person reads it before the cursor. */
export function questionOf({ kind, path, subject, input, reason }: PendingApproval): string {
  const shown = input === undefined ? "" : ` ${spelt(JSON.stringify(input))}`;
  if (kind === "question") return `${path} asks:${shown}\n  your answer (empty: none) `;
  if (kind === "budget") return `${path}: ${reason}\n  how much more (empty: none) `;
  const choice = "[y]es, for this [a]gent, for this [r]un, al[w]ays, or [n]o";
  return `${path} wants ${subject}${shown}: ${reason}\n  ${choice} `;
}

/**
 * Reads a person's answer; undefined when it must be asked again.
 *
 * An empty line refuses: nothing is allowed by a slip of the finger.
 */
export function readDecision(
  { kind, subject }: PendingApproval,
  line: string,
  by: string,
): Decision | undefined {
  const said = line.trim();
  if (said === "") return { allow: false, by };
  if (kind === "question") return { allow: true, answer: said, by };
  if (kind === "budget") {
    const more = Number(said);
    // The rest are counted: nobody means one and a half calls.
    const isAmount = subject === "budget:usd" ? more < 1e6 : Number.isSafeInteger(more);
    return isAmount && more > 0 ? { allow: true, answer: more, by } : undefined;
  }
  const word = said.toLowerCase();
  if (word === "n" || word === "no") return { allow: false, by };
  const scope = Object.hasOwn(SCOPES, word) ? SCOPES[word] : undefined;
  return scope === undefined ? undefined : { allow: true, scope, by };
}

/** Nobody should allow what the screen does not show: signs that hide others are spelt out. */
function spelt(text: string): string {
  const plain = text.replace(HIDING, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
  return shorten(plain, MOST_SHOWN);
}
