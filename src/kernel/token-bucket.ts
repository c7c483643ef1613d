/**
 * A rate limiter that lets `burst` pass at once, then `perSecond` a second; time is an argument.
 *
 * It is the generic cell rate algorithm: its only state is the time at which it is full again.
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

  /** The time at which the next one may pass, in milliseconds; at or before `now` for at once. */
  get readyAt(): number {
    return this.#fullAt - this.#spareMs;
  }

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved(): number {
    return this.#fullAt;
  }

  /** Counts one that passes at the time `now`. */
  take(now: number): void {
    this.#fullAt = Math.max(this.#fullAt, now) + this.#everyMs;
  }
}
