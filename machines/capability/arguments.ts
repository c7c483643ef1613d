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
export type ReadValue = (
  | { readonly text: string; readonly parts: readonly string[] }
  | { readonly text: string; readonly unreadable: string }
) & {
  /** Of a command: all that may name a program. Left out where that cannot be told for sure. */
  readonly words?: readonly string[];
};

/** The values that an argument has: several for a list, none when it is missing. */
export interface ReadArgument extends WantedArgument {
  readonly values: readonly ReadValue[];
  /** Of a list of words: the command that they are together. */
  readonly joined?: ReadValue;
}

/** Where a condition was decided: the argument, and the value that did it. */
export interface Finding {
  readonly argument: string;
  readonly wanted: readonly string[];
  /** Left out when the argument is missing. */
  readonly value?: string;
  readonly unreadable?: string;
}
