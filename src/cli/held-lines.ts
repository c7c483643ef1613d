/** So many at a time; how many more there were is told in one of their own. */
const MOST_LINES = 1_000;

/** Lines that wait until they can be written. */
export class HeldLines {
  #lines: string[] = [];
  #leftOut = 0;

  push(line: string): void {
    if (this.#lines.length < MOST_LINES) this.#lines.push(line);
    else this.#leftOut += 1;
  }

  /** They are written now. */
  take(): readonly string[] {
    const lines = this.#lines;
    if (this.#leftOut > 0) lines.push(`(${this.#leftOut} lines left out)`);
    this.#lines = [];
    this.#leftOut = 0;
    return lines;
  }
}
