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
  /** For a right that is given: exactly what the pattern says. */
  readonly matches: (parts: readonly string[]) => boolean;
  /** For one that is given by a person's yes to this call. */
  readonly nearly: (parts: readonly string[]) => boolean;
  /** For one that is taken away: see {@link compileWidened}. */
  readonly mayMatch: (value: ReadValue) => boolean;
}

export interface CompiledCondition extends ArgumentCondition {
  readonly tests: readonly PatternTest[];
}

export function compileCondition(condition: ArgumentCondition): CompiledCondition {
  return { ...condition, tests: condition.patterns.map(compilePattern) };
}

/**
 * What a grant lacks that gives a right: each argument must be there, and each of its values
 * match. Undefined when nothing is lacking.
 * @param how `nearly` lets the options of a command stand anywhere
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
 * What makes a grant apply that takes away: one value of one argument is enough, and one that is
 * missing or cannot be read might be it. Undefined when no argument is concerned.
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
  /** For people: readable where one of the kinds could read it. */
  value: ReadValue;
  /** What each pattern is asked about. */
  readonly as: { readonly test: PatternTest; readonly value: ReadValue }[];
}

/** Each value of the argument, as each of the patterns reads it. */
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

/** A list of words that together are a command which is meant. */
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
  const told = { argument, wanted, value: value.text };
  return "unreadable" in value ? { ...told, unreadable: value.unreadable } : told;
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
