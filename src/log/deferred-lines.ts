/** The most deferred lines; lines beyond it are counted in one line of their own. */
const MAX_LINES = 1_000;

/** Lines that are deferred until they can be written. */
export class DeferredLines {
  #lines: string[] = [];
  #leftOut = 0;

  push(line: string): void {
    if (this.#lines.length < MAX_LINES) this.#lines.push(line);
    else this.#leftOut += 1;
  }

  /** Removes and returns the lines, to be written now. */
  take(): readonly string[] {
    const lines = this.#lines;
    if (this.#leftOut > 0) lines.push(`(${this.#leftOut} lines left out)`);
    this.#lines = [];
    this.#leftOut = 0;
    return lines;
  }
}
