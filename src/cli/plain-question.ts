import { CursorGuard } from "./cursor-guard.ts";
import { ForeignText } from "./foreign-text.ts";
import type { Keyboard } from "./keyboard.ts";
import type { QuestionPlace } from "./question-place.ts";
import { widthOf } from "./text-width.ts";

/** Lines that wait for the end of a question. */
const MOST_LINES = 1_000;

/** A question between lines, on a terminal whose cursor is not moved: others wait meanwhile. */
export class PlainQuestion implements QuestionPlace {
  readonly keyboard: Keyboard;
  readonly #terminal: NodeJS.WriteStream;
  readonly #foreign: ForeignText;
  #guard: CursorGuard | undefined;
  #held: string[] = [];
  #leftOut = 0;
  #shown: string | undefined;

  /** @param others whatever else may be the same terminal, and has to wait */
  constructor(
    keyboard: Keyboard,
    terminal: NodeJS.WriteStream,
    others: readonly NodeJS.WriteStream[],
  ) {
    this.keyboard = keyboard;
    this.#terminal = terminal;
    this.#foreign = new ForeignText([terminal, ...others], (line) => this.#hold(line));
  }

  open(): void {
    const giveBack = () => this.keyboard.give();
    this.#guard = new CursorGuard({ giveBack, takeAgain: () => this.keyboard.take() });
    this.#foreign.take();
    this.keyboard.take();
  }

  say(lines: readonly string[]): void {
    this.#endLine();
    this.#write(lines.map((line) => `${line}\n`).join(""));
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
    if (this.#leftOut > 0) this.#held.push(`(${this.#leftOut} lines left out)`);
    const held = this.#held.map((line) => `${line}\n`).join("");
    this.#held = [];
    this.#leftOut = 0;
    this.#write(held);
  }

  #endLine(): void {
    if (this.#shown !== undefined) this.#write("\n");
    this.#shown = undefined;
  }

  #hold(line: string): void {
    if (this.#held.length < MOST_LINES) this.#held.push(line);
    else this.#leftOut += 1;
  }

  #write(text: string): void {
    if (text !== "") this.#foreign.write(this.#terminal, text);
  }
}
