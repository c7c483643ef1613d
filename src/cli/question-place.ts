import type { Keyboard } from "./keyboard.ts";

/** A place to put a question to a person: the live view, or between lines. */
export interface QuestionPlace {
  readonly keyboard: Keyboard;
  /** Begins a question; from now on nothing else is written there. */
  open(): void;
  /** Writes lines of the question, which stay on the screen. */
  say(lines: readonly string[]): void;
  /** Shows the possible answers and the answer as typed so far. */
  prompt(choice: string, typed: string): void;
  /** Ends the question; deferred lines are written now. */
  close(): void;
}
