import type { Clock } from "../../wire/clock.ts";

export interface ThrottledRefreshOptions {
  readonly clock: Clock;
  /** Refreshes; resolves with false when it failed and is still needed. Must not reject. */
  readonly refresh: () => Promise<boolean>;
}

const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 30_000;

/**
 * Refreshes after changes that another side announces, however often it announces them.
 *
 * **Guarantees** one refresh at a time: the first at once, and one more after the last change.
 * While changes keep coming, the wait between two refreshes doubles, from 0.1 s to 30 s.
 */
export class ThrottledRefresh {
  readonly #options: ThrottledRefreshOptions;
  #isWanted = false;
  #isRunning = false;
  #isStopped = false;
  #timer: unknown;
  #endedAt = Number.NEGATIVE_INFINITY;
  #waitMs = 0;

  constructor(options: ThrottledRefreshOptions) {
    this.#options = options;
  }

  /** Announces a change. */
  request(): void {
    this.#isWanted = true;
    if (this.#isRunning || this.#isStopped || this.#timer !== undefined) return;
    const { clock } = this.#options;
    const quietMs = clock.now() - this.#endedAt;
    // After a quiet time of twice the wait, a change is no longer part of a flood.
    if (quietMs >= 2 * this.#waitMs) this.#waitMs = 0;
    const delayMs = this.#waitMs - quietMs;
    if (delayMs <= 0) void this.#refresh();
    else this.#timer = clock.setTimeout(() => void this.#refresh(), delayMs);
  }

  /** Stops: a refresh under way finishes, and none follows. */
  stop(): void {
    this.#isStopped = true;
    this.#options.clock.clearTimeout(this.#timer);
  }

  async #refresh(): Promise<void> {
    const { clock, refresh } = this.#options;
    this.#timer = undefined;
    this.#isWanted = false;
    this.#isRunning = true;
    const isDone = await refresh();
    this.#isRunning = false;
    this.#endedAt = clock.now();
    this.#waitMs = Math.min(LAST_WAIT_MS, Math.max(FIRST_WAIT_MS, this.#waitMs * 2));
    if (this.#isWanted || !isDone) this.request();
  }
}
