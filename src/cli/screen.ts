import { stripVTControlCharacters } from "node:util";
import { widthOf } from "./text-width.ts";

/** The part of a terminal that the screen uses. */
export interface Terminal {
  write(text: string): unknown;
  readonly columns: number;
  readonly rows: number;
}

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
/** Begins and ends a synchronised update: terminals that support it show all of it at once. */
const BEGIN = "\u001b[?2026h";
const END = "\u001b[?2026l";
const CLEAR_BELOW = "\u001b[J";
/** Ends a line; the rest is cleared after the text, so that the line never flickers. */
const NEXT_LINE = "\u001b[K\r\n";

/**
 * A region of lines at the bottom of a terminal, redrawn in place; lines written above it stay.
 *
 * **Guarantees** each drawing is one write; the cursor is hidden while the region is shown, unless
 * the person can type in its last line.
 * **Gotcha** lines must be narrower than the terminal, and fewer than its rows.
 */
export class Screen {
  readonly #terminal: Terminal;
  #lines: readonly string[] = [];
  /** The width of the terminal at the last drawing. */
  #columns = 0;
  #stands = false;
  /** The cursor's column in the last line; undefined while it is hidden below the region. */
  #cursor: number | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /**
   * Writes lines above the region, and redraws the region.
   *
   * @param cursor the column of the last line at which the person types
   */
  draw(above: readonly string[], region: readonly string[], cursor?: number): void {
    if (!this.#stands && above.length + region.length === 0) return;
    const { columns } = this.#terminal;
    const before = columns === this.#columns && above.length === 0 ? this.#lines : [];
    const isSame = this.#stands && above.length === 0 && before.length === region.length;
    if (isSame && cursor === this.#cursor && region.every((line, at) => line === before[at]))
      return;
    const said = above.map((line) => line + NEXT_LINE);
    const lines = region.map((line, at) => (line === before[at] ? "\r\n" : line + NEXT_LINE));
    const text = [...said, ...lines].join("");
    const shown = cursor === undefined ? "" : `\u001b[A\u001b[${cursor + 1}G${SHOW_CURSOR}`;
    const drawn = `${this.#toTop()}${text}${CLEAR_BELOW}${shown}`;
    this.#terminal.write(`${BEGIN}${HIDE_CURSOR}${drawn}${END}`);
    this.#cursor = cursor;
    this.#lines = region;
    this.#columns = columns;
    this.#stands = true;
  }

  /** Removes the region and restores the cursor; the next `draw` shows the region again. */
  erase(): void {
    if (!this.#stands) return;
    this.#terminal.write(`${this.#toTop()}${CLEAR_BELOW}${END}${SHOW_CURSOR}`);
    this.#lines = [];
    this.#stands = false;
    this.#cursor = undefined;
  }

  /**
   * Returns the sequence that moves to the region's first line, also when a narrower terminal has
   * wrapped its lines.
   */
  #toTop(): string {
    const { columns, rows } = this.#terminal;
    const taken = this.#lines.map((line) => {
      const width = widthOf(stripVTControlCharacters(line));
      return Math.max(1, Math.ceil(width / Math.max(1, columns)));
    });
    const all = taken.reduce((sum, one) => sum + one, 0);
    // A visible cursor is in the last line itself, not below it.
    const below = this.#cursor === undefined ? 0 : 1;
    const up = Math.min(all - below, Math.max(0, rows - 1));
    return up > 0 ? `\r\u001b[${up}A` : "\r";
  }
}
