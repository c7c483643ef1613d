import { dollars, short } from "./amounts.ts";
import type { Figures } from "./figures.ts";
import { cut, cutMiddle, toLeft, toRight, widthOf } from "./text-width.ts";

const GAP = 1;

/** The words of a line, left of its numbers. */
export interface About {
  /** The branches drawn before the name. */
  readonly prefix: string;
  readonly name: string;
  readonly state: string;
  readonly doing: string;
}

export interface Numbers {
  readonly models: string;
  readonly tools: string;
  readonly cost: string;
  readonly time: string;
}

/** The columns of the tree, fitted to a width: a column without room has width 0. */
export class TreeColumns {
  readonly #name: number;
  readonly #state: number;
  readonly #doing: number;
  readonly #calls: number;
  readonly #cost: number;
  readonly #time: number;

  constructor(columns: number) {
    this.#time = columns < 30 ? 0 : 6;
    this.#cost = columns < 30 ? 0 : columns < 60 ? 6 : 8;
    this.#calls = columns < 60 ? 0 : 5;
    const numbers = [this.#time, this.#cost, this.#calls, this.#calls];
    const taken = numbers.filter((width) => width > 0).map((width) => width + GAP);
    const left = Math.max(1, columns - taken.reduce((sum, width) => sum + width, 0));
    this.#doing = left < 16 ? 0 : Math.min(24, Math.max(12, Math.floor(left * 0.35)));
    this.#state = columns < 76 ? 0 : Math.min(20, Math.floor(left * 0.2));
    const words = [this.#doing, this.#state].filter((width) => width > 0);
    this.#name = left - words.reduce((sum, width) => sum + width + GAP, 0);
  }

  line({ prefix, name, state, doing }: About, numbers: Numbers): string {
    const branches = cut(prefix, Math.floor(this.#name / 2));
    const called = cutMiddle(name, this.#name - widthOf(branches));
    const words: string[] = [toLeft(branches + called, this.#name)];
    if (this.#state > 0) words.push(toLeft(state, this.#state));
    if (this.#doing > 0) words.push(toLeft(doing, this.#doing));
    return this.#lay(words, numbers);
  }

  /**
   * Lays out a line whose words span the columns of name, state and doing: the first text that
   * fits.
   */
  across(texts: readonly string[], numbers: Numbers): string {
    const words = [this.#name, this.#state, this.#doing].filter((width) => width > 0);
    const width = words.reduce((sum, one) => sum + one + GAP, -GAP);
    const text = texts.find((one) => widthOf(one) <= width) ?? texts.at(-1) ?? "";
    return this.#lay([toLeft(text, width)], numbers);
  }

  /** Formats the usage of one or more agents. */
  numbers({ modelCalls, toolCalls, usd }: Figures, time: string): Numbers {
    const full = dollars(usd, 4);
    const cost = widthOf(full) <= this.#cost ? full : dollars(usd, 2);
    return { models: short(modelCalls), tools: short(toolCalls), cost, time };
  }

  #lay(words: readonly string[], { models, tools, cost, time }: Numbers): string {
    const numbers: string[] = [];
    if (this.#calls > 0) numbers.push(toRight(models, this.#calls), toRight(tools, this.#calls));
    if (this.#cost > 0) numbers.push(toRight(cost, this.#cost));
    if (this.#time > 0) numbers.push(toRight(time, this.#time));
    return [...words, ...numbers].join(" ".repeat(GAP)).trimEnd();
  }
}
