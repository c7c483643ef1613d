import { describe } from "../wire/error-codec.ts";
import { isThenable } from "../wire/realm.ts";
import { HeldLines } from "./held-lines.ts";

/** Takes a line without its end. Whatever it returns that can be waited for is waited for. */
export type WriteLine = (line: string) => unknown;

/**
 * Hands lines, one after the other, to a function that may be slow or throw.
 *
 * **Guarantees** never throws; while a line is being written at most 1,000 others wait, and how
 * many more there were is a line of its own; a failure is warned of once, until a line succeeds.
 */
export class LineWriter {
  readonly #write: WriteLine;
  readonly #held = new HeldLines();
  #isWaiting = false;
  #hasFailed = false;

  constructor(write: WriteLine) {
    this.#write = write;
  }

  line(text: string): void {
    if (this.#isWaiting) return this.#held.push(text);
    const later = this.#hand(text);
    if (later === undefined) return;
    this.#isWaiting = true;
    void this.#catchUp(later);
  }

  /** Hands one over; answers with what must be waited for. */
  #hand(text: string): Promise<void> | undefined {
    try {
      const later = this.#write(text);
      if (isThenable(later)) return Promise.resolve(later).then(this.#wrote, this.#failed);
      this.#wrote();
    } catch (thrown) {
      this.#failed(thrown);
    }
    return undefined;
  }

  async #catchUp(first: Promise<void>): Promise<void> {
    await first;
    for (let lines = this.#held.take(); lines.length > 0; lines = this.#held.take()) {
      for (const line of lines) await this.#hand(line);
    }
    this.#isWaiting = false;
  }

  readonly #wrote = (): void => {
    this.#hasFailed = false;
  };

  readonly #failed = (thrown: unknown): void => {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const told = `logTo: a line could not be written, nor may those after it: ${describe(thrown)}`;
    process.emitWarning(told, "CoppiceLogWarning");
  };
}
