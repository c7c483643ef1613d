import type { HostKind } from "../wire/control.ts";

const INITIAL_WORDS = 1024;
const MOST_WORDS = 16 * 1024 * 1024;

/**
 * One shared word for each living agent: set before a cancel is announced, read by its host
 * right before it starts an effect, so that a permit in flight is not acted on.
 *
 * Each kind of host has words of its own: a guest's code can write into those that it is given,
 * and must not silence an agent on a house host with that.
 */
export class CancelWords {
  /** Grow with the number of agents; every host sees the growth. */
  readonly buffers: Readonly<Record<HostKind, SharedArrayBuffer>> = {
    house: wordBuffer(),
    guest: wordBuffer(),
  };
  readonly #words = Object.values(this.buffers).map((buffer) => new Int32Array(buffer));
  readonly #free: number[] = [];
  #used = 0;

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    return { free: this.#free, used: this.#used };
  }

  take(): number {
    const word = this.#free.pop() ?? this.#takeNew();
    this.#store(word, 0);
    return word;
  }

  set(word: number): void {
    this.#store(word, 1);
  }

  give(word: number): void {
    this.#free.push(word);
  }

  #takeNew(): number {
    for (const buffer of Object.values(this.buffers)) {
      if (this.#used * 4 === buffer.byteLength) buffer.grow(buffer.byteLength * 2);
    }
    this.#used += 1;
    return this.#used - 1;
  }

  #store(word: number, value: 0 | 1): void {
    for (const words of this.#words) Atomics.store(words, word, value);
  }
}

function wordBuffer(): SharedArrayBuffer {
  return new SharedArrayBuffer(INITIAL_WORDS * 4, { maxByteLength: MOST_WORDS * 4 });
}
