import { compileGlob, compileParts, compileWords } from "./glob.ts";

/** How a value is read before it is matched; `text` is read as it stands. */
export type ArgumentKind = "path" | "url" | "cmd" | "text";

/** One pattern in canonical form. */
export interface ArgumentPattern {
  readonly kind: ArgumentKind;
  /** The parts of a path or an address, the words of a command, or one glob. */
  readonly parts: readonly string[];
  /** As it was written, for people. */
  readonly written: string;
}

/** What an argument has to be: any of the patterns. */
export interface ArgumentCondition {
  readonly argument: string;
  readonly patterns: readonly ArgumentPattern[];
}

/** An argument that must be read as a kind before it can be judged. */
export interface WantedArgument {
  readonly argument: string;
  readonly kind: ArgumentKind;
}

/** A value in canonical form, or why it has none. */
export type ReadValue =
  | { readonly text: string; readonly parts: readonly string[] }
  | { readonly text: string; readonly unreadable: string };

/** The values that an argument has: several for a list, none when it is missing. */
export interface ReadArgument extends WantedArgument {
  readonly values: readonly ReadValue[];
}

/** Where a condition was decided: the argument, and the value that did it. */
export interface Finding {
  readonly argument: string;
  readonly wanted: readonly string[];
  /** Left out when the argument is missing. */
  readonly value?: string;
  readonly unreadable?: string;
}

export interface CompiledCondition extends ArgumentCondition {
  readonly tests: readonly { kind: ArgumentKind; matches: (parts: readonly string[]) => boolean }[];
}

export function compileCondition(condition: ArgumentCondition): CompiledCondition {
  const tests = condition.patterns.map(({ kind, parts }) => ({ kind, matches: test(kind, parts) }));
  return { ...condition, tests };
}

/**
 * What a grant lacks that gives a right: each argument must be there, and each of its values
 * match. Undefined when nothing is lacking.
 */
export function lacking(
  conditions: readonly CompiledCondition[],
  read: readonly ReadArgument[],
): Finding | undefined {
  for (const condition of conditions) {
    const values = valuesOf(condition, read);
    if (values.length === 0) return finding(condition);
    const missed = values.find(({ matched }) => !matched);
    if (missed !== undefined) return finding(condition, missed.value);
  }
  return undefined;
}

/**
 * What makes a grant apply that takes away: one value of one argument is enough, and one that
 * cannot be read might be it. Undefined when no argument is concerned.
 */
export function touching(
  conditions: readonly CompiledCondition[],
  read: readonly ReadArgument[],
): Finding | undefined {
  for (const condition of conditions) {
    const hit = valuesOf(condition, read).find(({ matched, doubtful }) => matched || doubtful);
    if (hit !== undefined) return finding(condition, hit.value);
  }
  return undefined;
}

interface Judged {
  value: ReadValue;
  matched: boolean;
  /** Unreadable as one of the kinds that the patterns are of. */
  doubtful: boolean;
}

/** Each value of the argument, whatever it was read as. */
function valuesOf({ argument, tests }: CompiledCondition, read: readonly ReadArgument[]): Judged[] {
  const judged: Judged[] = [];
  for (const { kind, matches } of tests) {
    const values = read.find((one) => one.argument === argument && one.kind === kind)?.values ?? [];
    values.forEach((value, n) => {
      const matched = !("unreadable" in value) && matches(value.parts);
      const doubtful = "unreadable" in value;
      const known = judged[n];
      if (known === undefined) judged.push({ value, matched, doubtful });
      else {
        known.matched ||= matched;
        known.doubtful ||= doubtful;
        if ("unreadable" in known.value) known.value = value;
      }
    });
  }
  return judged;
}

function finding({ argument, patterns }: ArgumentCondition, value?: ReadValue): Finding {
  const wanted = patterns.map(({ written }) => written);
  if (value === undefined) return { argument, wanted };
  const told = { argument, wanted, value: value.text };
  return "unreadable" in value ? { ...told, unreadable: value.unreadable } : told;
}

function test(kind: ArgumentKind, parts: readonly string[]): (parts: readonly string[]) => boolean {
  if (kind === "cmd") return compileWords(parts);
  if (kind !== "text") return compileParts(parts);
  const matches = compileGlob(parts[0]!);
  return ([text]) => text !== undefined && matches(text);
}
