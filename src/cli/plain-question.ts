import { DeferredLines } from "../log/deferred-lines.ts";
import { CursorGuard } from "./cursor-guard.ts";
import { ForeignText } from "./foreign-text.ts";
import type { Keyboard } from "./keyboard.ts";
import type { QuestionPlace } from "./question-place.ts";
import { widthOf } from "./text-width.ts";

/**
 * A question printed between lines, on a terminal whose cursor is not moved; other output is
 * deferred until it closes.
 */
export class PlainQuestion implements QuestionPlace {
  readonly keyboard: Keyboard;
  readonly #terminal: NodeJS.WriteStream;
  readonly #foreign: ForeignText;
  /** Lines deferred until the question is closed. */
  readonly #deferred = new DeferredLines();
  #guard: CursorGuard | undefined;
  #shown: string | undefined;

  /** @param others other streams that may be the same terminal, and are captured meanwhile */
  constructor(
    keyboard: Keyboard,
    terminal: NodeJS.WriteStream,
    others: readonly NodeJS.WriteStream[],
  ) {
    this.keyboard = keyboard;
    this.#terminal = terminal;
    this.#foreign = new ForeignText([terminal, ...others], (line) => this.#deferred.push(line));
  }

  open(): void {
    const giveBack = () => this.keyboard.give();
    this.#guard = new CursorGuard({ giveBack, takeAgain: () => this.keyboard.take() });
    this.#foreign.take();
    this.keyboard.take();
  }

  say(lines: readonly string[]): void {
    this.#endLine();
    this.#write(linesOf(lines));
  }

  prompt(choice: string, typed: string): void {
    if (this.#shown === undefined) {
      this.#write(`${choice}\n> `);
      this.#shown = "";
    }
    let same = 0;
    while (same < typed.length && this.#shown[same] === typed[same]) same += 1;
    const gone = widthOf(this.#shown.slice(same));
    this.#write("\b \b".repeat(gone) + typed.slice(same));
    this.#shown = typed;
  }

  close(): void {
    this.#endLine();
    this.keyboard.give();
    this.#guard?.[Symbol.dispose]();
    this.#foreign.give();
    this.#write(linesOf(this.#deferred.take()));
  }

  #endLine(): void {
    if (this.#shown !== undefined) this.#write("\n");
    this.#shown = undefined;
  }

  #write(text: string): void {
    if (text !== "") this.#foreign.write(this.#terminal, text);
  }
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
