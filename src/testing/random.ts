/**
 * A generator of pseudo-random numbers: the same seed gives the same numbers.
 *
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  /** @param seed a whole number; the sequences of neighbouring seeds are unrelated */
  constructor(seed: number) {
    let mixed = (seed ^ Math.floor(seed / 2 ** 32)) | 0;
    const next = (): number => {
      mixed = (mixed + 0x9e3779b9) | 0;
      let word = mixed ^ (mixed >>> 16);
      word = Math.imul(word, 0x21f0aaad);
      word ^= word >>> 15;
      word = Math.imul(word, 0x735a2d97);
      return word ^ (word >>> 15);
    };
    [this.#a, this.#b, this.#c] = [next(), next(), next()];
    for (let warmUp = 0; warmUp < 12; warmUp += 1) this.next();
  }

  /** Returns a number from 0 to below 1. */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  /** Returns a whole number from 0 to below `most`. */
  below(most: number): number {
    return Math.floor(this.next() * most);
  }

  /** Returns a whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** Returns true at a rate from 0, never, to 1, always. */
  chance(rate: number): boolean {
    return this.next() < rate;
  }

  /** Returns one of the items; there must be at least one. */
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** Returns another generator, which numbers taken here afterwards do not affect. */
  fork(): Random {
    return new Random(Math.floor(this.next() * 2 ** 32));
  }
}
