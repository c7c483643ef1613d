import { compileGlob, compileParts, compileWords } from "../glob.ts";
import type {
  ArgumentCondition,
  ArgumentKind,
  ArgumentPattern,
  Finding,
  ReadArgument,
  ReadValue,
} from "./arguments.ts";
import { compileAnyOptions, compileWidened } from "./widening.ts";

interface PatternTest {
  readonly kind: ArgumentKind;
  /** The exact test, for a right that is given. */
  readonly matches: (parts: readonly string[]) => boolean;
  /** The test for a right that a person's yes to this call gives. */
  readonly nearly: (parts: readonly string[]) => boolean;
  /** The widened test, for a rule that takes away: see {@link compileWidened}. */
  readonly mayMatch: (value: ReadValue) => boolean;
}

export interface CompiledCondition extends ArgumentCondition {
  readonly tests: readonly PatternTest[];
}

export function compileCondition(condition: ArgumentCondition): CompiledCondition {
  return { ...condition, tests: condition.patterns.map(compilePattern) };
}

/**
 * Returns what a grant lacks to give a right: each argument must be there, and each of its values
 * must match. Undefined when nothing is lacking.
 * @param how `nearly` lets the options of a command be anywhere
 */
export function lacking(
  conditions: readonly CompiledCondition[],
  read: readonly ReadArgument[],
  how: "matches" | "nearly" = "matches",
): Finding | undefined {
  for (const condition of conditions) {
    const values = valuesOf(condition, read);
    if (values.length === 0) return finding(condition);
    const missed = values.find(({ as }) => !as.some(({ test, value }) => gives(test[how], value)));
    if (missed !== undefined) return finding(condition, missed.value);
  }
  return undefined;
}

/**
 * Returns what makes a deny or an ask apply: one value of one argument is enough, and a missing or
 * unreadable one counts. Undefined when no argument is concerned.
 */
export function touching(
  conditions: readonly CompiledCondition[],
  read: readonly ReadArgument[],
): Finding | undefined {
  for (const condition of conditions) {
    const values = valuesOf(condition, read);
    if (values.length === 0) return finding(condition);
    const hit = values.find(({ as }) => as.some(({ test, value }) => test.mayMatch(value)));
    if (hit !== undefined) return finding(condition, hit.value);
    const joined = joinedOf(condition, read);
    if (joined !== undefined) return finding(condition, joined);
  }
  return undefined;
}

function gives(matches: PatternTest["matches"], value: ReadValue): boolean {
  return !("unreadable" in value) && matches(value.parts);
}

interface Judged {
  /** For people: the value as read by the first kind that could read it. */
  value: ReadValue;
  /** The value as each pattern reads it. */
  readonly as: { readonly test: PatternTest; readonly value: ReadValue }[];
}

/** Returns each value of the argument, as each of the patterns reads it. */
function valuesOf({ argument, tests }: CompiledCondition, read: readonly ReadArgument[]): Judged[] {
  const judged: Judged[] = [];
  for (const test of tests) {
    readAs(read, argument, test.kind)?.values.forEach((value, n) => {
      const known = judged[n] ?? { value, as: [] };
      judged[n] = known;
      known.as.push({ test, value });
      if ("unreadable" in known.value) known.value = value;
    });
  }
  return judged;
}

/** Returns the command that a list of words makes, if a pattern may match it. */
function joinedOf(
  { argument, tests }: CompiledCondition,
  read: readonly ReadArgument[],
): ReadValue | undefined {
  for (const { kind, mayMatch } of tests) {
    const joined = readAs(read, argument, kind)?.joined;
    if (joined !== undefined && mayMatch(joined)) return joined;
  }
  return undefined;
}

function readAs(read: readonly ReadArgument[], argument: string, kind: ArgumentKind) {
  return read.find((one) => one.argument === argument && one.kind === kind);
}

function finding({ argument, patterns }: ArgumentCondition, value?: ReadValue): Finding {
  const wanted = patterns.map(({ written }) => written);
  if (value === undefined) return { argument, wanted };
  const found = { argument, wanted, value: value.text };
  return "unreadable" in value ? { ...found, unreadable: value.unreadable } : found;
}

function compilePattern(pattern: ArgumentPattern): PatternTest {
  const { kind, parts } = pattern;
  const matches = compileExactly(kind, parts);
  const nearly = kind === "cmd" ? compileAnyOptions(parts) : matches;
  return { kind, matches, nearly, mayMatch: compileWidened(pattern) };
}

function compileExactly(kind: ArgumentKind, parts: readonly string[]): PatternTest["matches"] {
  if (kind === "cmd") return compileWords(parts);
  if (kind !== "text") return compileParts(parts);
  const matches = compileGlob(parts[0]!);
  return ([text]) => text !== undefined && matches(text);
}
