import type { RuntimeEvent } from "../index.ts";
import { DeferredLines } from "../log/deferred-lines.ts";
import type { Happening } from "../log/happening.ts";
import { oneLine } from "../log/visible.ts";
import type { TreeNode } from "../supervisor/tree-node.ts";
import { CursorGuard } from "./cursor-guard.ts";
import { ForeignText } from "./foreign-text.ts";
import type { Keyboard } from "./keyboard.ts";
import type { LiveTree } from "./live-tree.ts";
import type { QuestionPlace } from "./question-place.ts";
import { Report } from "./report.ts";
import { Screen } from "./screen.ts";
import { cut, cutStart, widthOf, wrapped } from "./text-width.ts";
import { treeLines } from "./tree-lines.ts";

/** The fewest milliseconds between two redraws. */
const PERIOD_MS = 100;
/** Drawing takes at most one part in this many of the time. */
const SHARE = 10;
const COLUMNS = 80;
const ROWS = 24;
/** The rows that the tree keeps while a question is shown: fewer would cut off its head. */
const LEAST_ROWS = 9;

/** A question shown below the tree. */
interface Asked {
  /** Rows of the question already written above the tree. */
  readonly height: number;
  readonly prompt: readonly string[];
  readonly cursor?: number;
}

const isImportant = ({ what, tone }: Happening): boolean =>
  what === "says" || tone === "warning" || tone === "bad";

/**
 * The tree of agents, live at the bottom of a terminal; what agents say and what goes wrong appears
 * above it.
 *
 * **Guarantees** the tree is redrawn by itself at most ten times a second; the cursor is restored
 * on every way out.
 */
export class LiveView implements Disposable, QuestionPlace {
  readonly keyboard: Keyboard;
  readonly #hasKeys: boolean;
  readonly #tree: LiveTree;
  readonly #look: () => TreeNode;
  readonly #terminal: NodeJS.WriteStream;
  readonly #screen: Screen;
  readonly #foreign: ForeignText;
  readonly #report: Report;
  readonly #guard: CursorGuard;
  /** Lines that are still to be written above the tree. */
  readonly #above = new DeferredLines();
  #timer: NodeJS.Timeout | undefined;
  /** Lines of a question that are still to be written. */
  #said: readonly string[] = [];
  #asked: Asked | undefined;
  #isGiven = false;

  constructor(options: {
    readonly tree: LiveTree;
    readonly look: () => TreeNode;
    readonly terminal: NodeJS.WriteStream;
    /** Other streams that may write to the same terminal. */
    readonly others: readonly NodeJS.WriteStream[];
    readonly keyboard: Keyboard;
    /** True when the keyboard reads what is typed at this terminal. */
    readonly hasKeys: boolean;
  }) {
    const { tree, look, terminal, others } = options;
    this.keyboard = options.keyboard;
    this.#hasKeys = options.hasKeys;
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
    this.#takeKeys();
    this.#schedule(0);
  }

  readonly event = (event: RuntimeEvent): void => {
    for (const line of this.#report.lines(event)) this.#above.push(line);
  };

  /** Writes a line of text above the tree. */
  line(text: string): void {
    this.#above.push(cut(oneLine(text), (this.#terminal.columns || COLUMNS) - 1));
  }

  /** Begins a question: lines about later events are deferred until it is closed. */
  open(): void {
    this.#asked = { height: 0, prompt: [] };
    this.keyboard.take();
  }

  /** Writes lines of the question above the tree. */
  say(lines: readonly string[]): void {
    const { columns } = this.#size;
    const height = lines.reduce((sum, line) => sum + Math.ceil((widthOf(line) + 1) / columns), 0);
    const { height: before = 0 } = this.#asked ?? {};
    // Lines deferred before the question are written ahead of its first line.
    this.#said = before === 0 ? [...this.#above.take(), ...lines] : lines;
    this.#asked = { height: before + height, prompt: [] };
    this.#draw();
  }

  prompt(choice: string, typed: string): void {
    const columns = this.#size.columns - 1;
    const line = `> ${cutStart(typed, columns - 3)}`;
    const prompt = [...wrapped(choice, columns), line];
    this.#asked = { height: this.#asked?.height ?? 0, prompt, cursor: widthOf(line) };
    this.#draw();
  }

  close(): void {
    this.#asked = undefined;
    if (this.#isGiven) return;
    this.#draw();
  }

  /** Removes the tree; deferred lines are written and stay. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#giveBack();
    this.#guard[Symbol.dispose]();
    this.#isGiven = true;
  }

  #giveBack(): void {
    this.keyboard.give();
    this.#foreign.give();
    this.#screen.draw(this.#above.take(), []);
    this.#screen.erase();
  }

  #takeAgain(): void {
    if (this.#isGiven) return;
    this.#foreign.take();
    this.#takeKeys();
    this.#draw();
  }

  #takeKeys(): void {
    if (this.#asked !== undefined) this.keyboard.take();
    else if (this.#hasKeys) this.keyboard.takeIfForeground();
  }

  #draw(): void {
    const now = performance.now();
    this.#tree.look(this.#look(), now);
    const { columns, rows } = this.#size;
    const { height = 0, prompt = [], cursor } = this.#asked ?? {};
    // The tree shrinks to make room for the question, but keeps its head and its total.
    const left = Math.max(Math.min(rows, LEAST_ROWS), rows - height - prompt.length);
    const { root, from } = this.#tree;
    const tree = treeLines(root, { now, from }, { columns, rows: left, colours: true });
    const region = [...tree, ...prompt].slice(1 - rows);
    const above = this.#asked === undefined ? this.#above.take() : this.#said;
    this.#said = [];
    this.#screen.draw(above, region, cursor);
  }

  get #size(): { readonly columns: number; readonly rows: number } {
    const { columns, rows } = this.#terminal;
    return { columns: columns || COLUMNS, rows: rows || ROWS };
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
