import type { Keyboard } from "./keyboard.ts";

/** Where a question is put to a person: on the live view, or between lines. */
export interface QuestionPlace {
  readonly keyboard: Keyboard;
  /** Begins a question; from here on nothing else is written where it stands. */
  open(): void;
  /** Writes lines of it, which stay. */
  say(lines: readonly string[]): void;
  /** Shows what may be answered, and what was typed of an answer. */
  prompt(choice: string, typed: string): void;
  /** Ends it: what happened meanwhile is told now. */
  close(): void;
}
