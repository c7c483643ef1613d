import type { ApprovalScope, Decision, Json, PendingApproval } from "../index.ts";
import { quoted, shownText, shownValue } from "../wire/shown-text.ts";

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

/** The most UTF-16 units of a value that are shown; the middle of a longer value is left out. */
const MAX_SHOWN = 2_000;
/** Bounds of a call's input: no input is longer, deeper or has more parts. */
const MAX_ASKED_FOR = 1_048_576;
const EVERY_PART = { parts: 1_048_576, levels: 200 };
/** The most arguments that are shown unless the person asks for all. */
const MAX_ARGUMENTS = 100;
const MAX_NAME = 200;

/**
 * Returns the question as lines to print before the choice.
 *
 * @param all shows every value in full; otherwise long values are clipped
 */
export function questionLines(
  { kind, path, subject, input, reason, template, labels }: PendingApproval,
  all = false,
): readonly string[] {
  const most = all ? MAX_ASKED_FOR : MAX_SHOWN;
  const who = shownText(path);
  if (kind === "question") return ["", `? ${who} asks`, `    ${shownValue(input ?? null, most)}`];
  if (kind === "budget") return ["", `? ${who}: ${shownText(reason)}`];
  const about = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const given = input === undefined ? [] : ["  with", ...argumentLines(input, all)];
  return [
    "",
    `? ${who} wants to use`,
    `    ${shownText(subject)}`,
    ...given,
    `  ${shownText(reason)}`,
    `  agent ${[template, ...about].map((text) => quoted(text, MAX_NAME)).join(" ")}`,
  ];
}

/** Returns the line that lists the possible answers. */
export function optionOf(asked: PendingApproval): string {
  if (asked.kind === "question") return "  your answer (empty: none)";
  if (asked.kind === "budget") return "  how much more (empty: none)";
  const more = isClipped(asked) ? "[s]how all, " : "";
  return `  [y]es, for this [a]gent, for this [r]un, al[w]ays, ${more}or [n]o`;
}

/** True when at least one value of a tool request is shown clipped. */
export function isClipped(asked: PendingApproval): boolean {
  if (asked.kind !== "tool") return false;
  return questionLines(asked).join("\n") !== questionLines(asked, true).join("\n");
}

export const isShowAll = (line: string): boolean => /^(s|show|show all)$/i.test(line.trim());

/**
 * Parses a person's answer; undefined when the question must be put again.
 *
 * An empty line refuses, so that a slip of the finger allows nothing.
 */
export function parseDecision(
  { kind, subject }: PendingApproval,
  line: string,
  by: string,
): Decision | undefined {
  const said = line.trim();
  if (said === "") return { allow: false, by };
  if (kind === "question") return { allow: true, answer: said, by };
  if (kind === "budget") {
    const more = Number(said);
    // Budgets other than dollars are counts, and a count is an integer.
    const isAmount = subject === "budget:usd" ? more < 1e6 : Number.isSafeInteger(more);
    return isAmount && more > 0 ? { allow: true, answer: more, by } : undefined;
  }
  const word = said.toLowerCase();
  if (word === "n" || word === "no") return { allow: false, by };
  const scope = Object.hasOwn(SCOPES, word) ? SCOPES[word] : undefined;
  return scope === undefined ? undefined : { allow: true, scope, by };
}

/** Puts each argument on a line of its own, so that none looks like a part of another. */
function argumentLines(input: Json, all: boolean): readonly string[] {
  const show = (value: Json) =>
    all ? shownValue(value, MAX_ASKED_FOR, EVERY_PART) : shownValue(value, MAX_SHOWN);
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return [`    ${show(input)}`];
  }
  const entries = Object.entries(input);
  const shown = (all ? entries : entries.slice(0, MAX_ARGUMENTS)).map(([key, value]) => {
    const name = /^[\w.-]+$/.test(key) ? key : quoted(key);
    return `    ${name}: ${show(value ?? null)}`;
  });
  const left = entries.length - shown.length;
  return left > 0 ? [...shown, `    ... ${left} more arguments left out ...`] : shown;
}
