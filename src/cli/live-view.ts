import type { RuntimeEvent, TreeNode } from "../index.ts";
import { CursorGuard } from "./cursor-guard.ts";
import { ForeignText } from "./foreign-text.ts";
import type { Happening } from "./happening.ts";
import type { LiveTree } from "./live-tree.ts";
import { Report } from "./report.ts";
import { Screen } from "./screen.ts";
import { cut } from "./text-width.ts";
import { treeLines } from "./tree-lines.ts";
import { oneLine } from "./visible.ts";

/** Milliseconds between two drawings. */
const PERIOD_MS = 100;
/** Drawing may take one part in so many of the time. */
const SHARE = 10;
/** Lines that wait to be written above the tree. */
const MOST_LINES = 1_000;
const COLUMNS = 80;
const ROWS = 24;

const isImportant = ({ what, tone }: Happening): boolean =>
  what === "says" || tone === "warning" || tone === "bad";

/**
 * The tree of agents, live at the bottom of a terminal, what they say and what goes wrong above.
 *
 * **Guarantees** drawn at most ten times a second; the cursor comes back on every way out.
 */
export class LiveView implements Disposable {
  readonly #tree: LiveTree;
  readonly #look: () => TreeNode;
  readonly #terminal: NodeJS.WriteStream;
  readonly #screen: Screen;
  readonly #foreign: ForeignText;
  readonly #report: Report;
  readonly #guard: CursorGuard;
  #above: string[] = [];
  #leftOut = 0;
  #timer: NodeJS.Timeout | undefined;
  #pauses = 0;

  constructor(options: {
    readonly tree: LiveTree;
    readonly look: () => TreeNode;
    readonly terminal: NodeJS.WriteStream;
    /** Whatever else may be the same terminal. */
    readonly others: readonly NodeJS.WriteStream[];
  }) {
    const { tree, look, terminal, others } = options;
    this.#tree = tree;
    this.#look = look;
    this.#terminal = terminal;
    this.#foreign = new ForeignText([terminal, ...others], (text) => this.line(text));
    const shown = {
      write: (text: string) => this.#foreign.write(terminal, text),
      get columns() {
        return terminal.columns || COLUMNS;
      },
      get rows() {
        return terminal.rows || ROWS;
      },
    };
    this.#screen = new Screen(shown);
    const shape = () => ({ columns: shown.columns - 1, colours: true });
    this.#report = new Report(shape, isImportant);
    const giveBack = () => this.#giveBack();
    this.#guard = new CursorGuard({ giveBack, takeAgain: () => this.#takeAgain() });
    this.#foreign.take();
    this.#schedule(0);
  }

  readonly event = (event: RuntimeEvent): void => {
    for (const line of this.#report.lines(event)) this.#push(line);
  };

  /** Writes a line of text above the tree. */
  line(text: string): void {
    this.#push(cut(oneLine(text), (this.#terminal.columns || COLUMNS) - 1));
  }

  /** Leaves the terminal to somebody else: what happens meanwhile is told afterwards. */
  pause(): void {
    this.#pauses += 1;
    if (this.#pauses > 1) return;
    clearTimeout(this.#timer);
    this.#draw();
    this.#screen.erase();
    this.#foreign.give();
  }

  resume(): void {
    this.#pauses -= 1;
    if (this.#pauses > 0) return;
    this.#foreign.take();
    this.#schedule(0);
  }

  /** Takes the tree away; what was still to be told stays. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#giveBack();
    this.#guard[Symbol.dispose]();
    this.#pauses = Number.POSITIVE_INFINITY;
  }

  #giveBack(): void {
    this.#foreign.give();
    this.#screen.draw(this.#takeAbove(), []);
    this.#screen.erase();
  }

  #takeAgain(): void {
    if (this.#pauses > 0) return;
    this.#foreign.take();
    this.#draw();
  }

  #push(line: string): void {
    if (this.#above.length < MOST_LINES) this.#above.push(line);
    else this.#leftOut += 1;
  }

  #takeAbove(): readonly string[] {
    const above = this.#above;
    if (this.#leftOut > 0) above.push(`(${this.#leftOut} lines left out)`);
    this.#above = [];
    this.#leftOut = 0;
    return above;
  }

  #draw(): void {
    const now = performance.now();
    this.#tree.look(this.#look(), now);
    const { columns, rows } = this.#terminal;
    const shape = { columns: columns || COLUMNS, rows: rows || ROWS, colours: true };
    const { root, from } = this.#tree;
    this.#screen.draw(this.#takeAbove(), treeLines(root, { now, from }, shape));
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      const began = performance.now();
      this.#draw();
      this.#schedule(Math.max(PERIOD_MS, (performance.now() - began) * SHARE));
    }, delayMs);
    this.#timer.unref();
  }
}
