/**
 * Lets `burst` through at once and `perSecond` from then on; the time is an argument.
 *
 * The generic cell rate algorithm: one number, the time at which the bucket will be full again.
 * Source: ITU-T I.371, annex A; see https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm.
 */
export class TokenBucket {
  readonly #everyMs: number;
  readonly #spareMs: number;
  #fullAt = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number, burst: number) {
    this.#everyMs = 1_000 / perSecond;
    this.#spareMs = (burst - 1) * this.#everyMs;
  }

  /** When the next one may pass, in milliseconds; not after `now` when that is at once. */
  get readyAt(): number {
    return this.#fullAt - this.#spareMs;
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): number {
    return this.#fullAt;
  }

  take(now: number): void {
    this.#fullAt = Math.max(this.#fullAt, now) + this.#everyMs;
  }
}
