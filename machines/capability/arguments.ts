/** The kind that a value is read as before it is matched; `text` is taken as it is. */
export type ArgumentKind = "path" | "url" | "cmd" | "text";

/** A pattern in canonical form. */
export interface ArgumentPattern {
  readonly kind: ArgumentKind;
  /** The parts of a path or an address, the words of a command, or one glob. */
  readonly parts: readonly string[];
  /** The pattern as it was written, for people. */
  readonly written: string;
}

/** An argument with the patterns of which one must match. */
export interface ArgumentCondition {
  readonly argument: string;
  readonly patterns: readonly ArgumentPattern[];
}

/** An argument that must be read as a kind before a rule can be judged. */
export interface WantedArgument {
  readonly argument: string;
  readonly kind: ArgumentKind;
}

/** A value in canonical form, or the reason why it has none. */
export type ReadValue = (
  | { readonly text: string; readonly parts: readonly string[] }
  | { readonly text: string; readonly unreadable: string }
) & {
  /** All words of a command that may name a program; left out where they are not certain. */
  readonly words?: readonly string[];
};

/** The values of an argument: several for a list, none when it is missing. */
export interface ReadArgument extends WantedArgument {
  readonly values: readonly ReadValue[];
  /** The command that a list of words makes together. */
  readonly joined?: ReadValue;
}

/** The argument and the value that decided a condition. */
export interface Finding {
  readonly argument: string;
  readonly wanted: readonly string[];
  /** Left out when the argument is missing. */
  readonly value?: string;
  readonly unreadable?: string;
}
