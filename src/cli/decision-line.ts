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

/** Units of a value that is shown; of a longer one the middle is left out. */
const MOST_SHOWN = 2_000;
/** A call's input is no longer, no deeper and has no more parts. */
const MOST_ASKED_FOR = 1_048_576;
const EVERY_PART = { parts: 1_048_576, levels: 200 };
/** Arguments that are shown; also the others, to whoever asks for all. */
const MOST_ARGUMENTS = 100;
const MOST_NAME = 200;

/** What is asked, as a person reads it before the choice; `all` of its values, or clipped. */
export function questionLines(
  { kind, path, subject, input, reason, template, labels }: PendingApproval,
  all = false,
): readonly string[] {
  const most = all ? MOST_ASKED_FOR : MOST_SHOWN;
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
    `  agent ${[template, ...about].map((text) => quoted(text, MOST_NAME)).join(" ")}`,
  ];
}

/** What may be answered. */
export function optionOf(asked: PendingApproval): string {
  if (asked.kind === "question") return "  your answer (empty: none)";
  if (asked.kind === "budget") return "  how much more (empty: none)";
  const more = isClipped(asked) ? "[s]how all, " : "";
  return `  [y]es, for this [a]gent, for this [r]un, al[w]ays, ${more}or [n]o`;
}

/** Whether a value of it is shown in part. */
export function isClipped(asked: PendingApproval): boolean {
  if (asked.kind !== "tool") return false;
  return questionLines(asked).join("\n") !== questionLines(asked, true).join("\n");
}

export const isShowAll = (line: string): boolean => /^(s|show|show all)$/i.test(line.trim());

/**
 * Reads a person's answer; undefined when it must be asked again.
 *
 * An empty line refuses: nothing is allowed by a slip of the finger.
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
    // The rest are counted: nobody means one and a half calls.
    const isAmount = subject === "budget:usd" ? more < 1e6 : Number.isSafeInteger(more);
    return isAmount && more > 0 ? { allow: true, answer: more, by } : undefined;
  }
  const word = said.toLowerCase();
  if (word === "n" || word === "no") return { allow: false, by };
  const scope = Object.hasOwn(SCOPES, word) ? SCOPES[word] : undefined;
  return scope === undefined ? undefined : { allow: true, scope, by };
}

/** Each argument on a line of its own, so that none can be taken for a part of another. */
function argumentLines(input: Json, all: boolean): readonly string[] {
  const show = (value: Json) =>
    all ? shownValue(value, MOST_ASKED_FOR, EVERY_PART) : shownValue(value, MOST_SHOWN);
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return [`    ${show(input)}`];
  }
  const entries = Object.entries(input);
  const shown = (all ? entries : entries.slice(0, MOST_ARGUMENTS)).map(([key, value]) => {
    const name = /^[\w.-]+$/.test(key) ? key : quoted(key);
    return `    ${name}: ${show(value ?? null)}`;
  });
  const left = entries.length - shown.length;
  return left > 0 ? [...shown, `    ... ${left} more arguments left out ...`] : shown;
}
