const INITIAL_WORDS = 1024;
const MOST_WORDS = 16 * 1024 * 1024;

/**
 * One shared word for each living agent: set before a cancel is announced, read by its host
 * right before it starts an effect, so that a permit in flight is not acted on.
 */
export class CancelWords {
  /** Grows with the number of agents; every host sees the growth. */
  readonly buffer = new SharedArrayBuffer(INITIAL_WORDS * 4, { maxByteLength: MOST_WORDS * 4 });
  readonly #words = new Int32Array(this.buffer);
  readonly #free: number[] = [];
  #used = 0;

  take(): number {
    const free = this.#free.pop();
    if (free !== undefined) {
      Atomics.store(this.#words, free, 0);
      return free;
    }
    if (this.#used === this.#words.length) this.buffer.grow(this.buffer.byteLength * 2);
    this.#used += 1;
    return this.#used - 1;
  }

  set(word: number): void {
    Atomics.store(this.#words, word, 1);
  }

  give(word: number): void {
    this.#free.push(word);
  }
}
