import { describe } from "../wire/error-codec.ts";
import { isThenable } from "../wire/realm.ts";
import { DeferredLines } from "./deferred-lines.ts";

/** Takes a line without its line break. A promise that it returns is awaited. */
export type WriteLine = (line: string) => unknown;

/**
 * Passes lines, one after the other, to a function that may be slow or throw.
 *
 * **Guarantees** never throws; while a line is being written at most 1,000 others are kept, and a
 * line of its own counts those beyond; a failure is warned of once, until a line succeeds.
 */
export class LineWriter {
  readonly #write: WriteLine;
  readonly #deferred = new DeferredLines();
  #isWaiting = false;
  #hasFailed = false;

  constructor(write: WriteLine) {
    this.#write = write;
  }

  line(text: string): void {
    if (this.#isWaiting) return this.#deferred.push(text);
    const later = this.#hand(text);
    if (later === undefined) return;
    this.#isWaiting = true;
    void this.#catchUp(later);
  }

  /** Writes one line; returns the promise that must be awaited, if any. */
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
    for (let lines = this.#deferred.take(); lines.length > 0; lines = this.#deferred.take()) {
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
    const what = "logTo: a line could not be written, nor may those after it";
    process.emitWarning(`${what}: ${describe(thrown)}`, "CoppiceLogWarning");
  };
}
