import type { Random } from "./random.ts";

/** A possible next event of a simulation. */
export interface Choice {
  /** The kind of event: in one run, each kind as a whole is faster or slower than another. */
  readonly kind: string;
  /** Its line in the trace: `inline-2 takes 3 deliveries`. */
  readonly what: string;
  readonly run: () => void;
}

/** A source of choices. */
export interface ChoiceSource {
  /** Adds the events that this source can run next. */
  offer(to: Choice[]): void;
}

/**
 * Chooses the next event.
 *
 * Each seed has its own preferences: with a fair coin at every step, one host would hardly ever
 * fall a hundred steps behind another, and such orders are where bugs are.
 */
export class Chooser {
  readonly #random: Random;
  readonly #weights = new Map<string, number>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Returns one of the choices; undefined when there are none. */
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
