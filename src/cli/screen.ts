import { stripVTControlCharacters } from "node:util";
import { widthOf } from "./text-width.ts";

/** The part of a terminal that the screen needs. */
export interface Terminal {
  write(text: string): unknown;
  readonly columns: number;
  readonly rows: number;
}

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
/** Terminals that know it show what is between the two at once. */
const BEGIN = "\u001b[?2026h";
const END = "\u001b[?2026l";
const CLEAR_BELOW = "\u001b[J";
/** The rest of a line is cleared after its text, so that nothing is blank for a moment. */
const NEXT_LINE = "\u001b[K\r\n";

/**
 * A region of lines at the bottom of a terminal that is redrawn in place, and what is written
 * above it once and stays.
 *
 * **Guarantees** each drawing is one write; the cursor is hidden while a region stands, unless
 * something can be typed in its last line.
 * **Gotcha** lines must be narrower than the terminal, and fewer than it has.
 */
export class Screen {
  readonly #terminal: Terminal;
  #lines: readonly string[] = [];
  /** How wide the terminal was when they were drawn. */
  #columns = 0;
  #stands = false;
  /** Where the cursor shows in the last line; undefined while it is hidden below the region. */
  #cursor: number | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /**
   * Writes lines above the region, and the region anew.
   *
   * @param cursor the column of the last line at which something can be typed
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

  /** Takes the region away and gives the cursor back; the next `draw` brings both again. */
  erase(): void {
    if (!this.#stands) return;
    this.#terminal.write(`${this.#toTop()}${CLEAR_BELOW}${END}${SHOW_CURSOR}`);
    this.#lines = [];
    this.#stands = false;
    this.#cursor = undefined;
  }

  /** To the first line of the region, also where a narrower terminal has wrapped its lines. */
  #toTop(): string {
    const { columns, rows } = this.#terminal;
    const taken = this.#lines.map((line) => {
      const width = widthOf(stripVTControlCharacters(line));
      return Math.max(1, Math.ceil(width / Math.max(1, columns)));
    });
    const all = taken.reduce((sum, one) => sum + one, 0);
    // From the last line itself, where the cursor shows there.
    const below = this.#cursor === undefined ? 0 : 1;
    const up = Math.min(all - below, Math.max(0, rows - 1));
    return up > 0 ? `\r\u001b[${up}A` : "\r";
  }
}
