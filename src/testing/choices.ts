import type { Random } from "./random.ts";

/** Something that could happen next. */
export interface Choice {
  /** What sort of thing: one sort is, in one run, as a whole quicker or slower than another. */
  readonly kind: string;
  /** For the trace: `inline-2 takes 3 deliveries`. */
  readonly what: string;
  readonly run: () => void;
}

/** Where choices come from. */
export interface ChoiceSource {
  /** Adds what could happen here next. */
  offer(to: Choice[]): void;
}

/**
 * Chooses what happens next.
 *
 * Each seed has its own preferences: a fair coin at every step would hardly ever let one host fall
 * a hundred steps behind another, and that is where mistakes are.
 */
export class Chooser {
  readonly #random: Random;
  readonly #weights = new Map<string, number>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** One of them, or undefined of none. */
  choose(choices: readonly Choice[]): Choice | undefined {
    let total = 0;
    for (const choice of choices) total += this.#weight(choice);
    let at = this.#random.next() * total;
    for (const choice of choices) {
      at -= this.#weight(choice);
      if (at < 0) return choice;
    }
    return choices.at(-1);
  }

  #weight({ kind }: Choice): number {
    let weight = this.#weights.get(kind);
    if (weight === undefined) {
      weight = 4 ** this.#random.between(-2, 2);
      this.#weights.set(kind, weight);
    }
    return weight;
  }
}
