/**
 * The source of time, which tests can replace. Durations (deadlines, waits, rates, windows of
 * restarts) are measured with `now`, dates (of events, questions and budget windows) with `wall`.
 * The two are never compared.
 */
export interface Clock {
  /**
   * Returns milliseconds since a moment of this thread's own; it never goes back. The operating
   * system decides whether it advances while the computer sleeps: on Linux it does not.
   */
  now(): number;
  /** Returns milliseconds since 1970 by the computer's clock; it jumps when that is set. */
  wall(): number;
  setTimeout(run: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** The longest delay of a timer in Node, in milliseconds: a longer one fires at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** The longest time that options may ask to wait, in milliseconds: a hundred years. */
export const MAX_DELAY_MS = 36_525 * 24 * 3_600_000;

/** The system's clock. */
export const systemClock: Clock = withLongDelays({
  now: () => performance.now(),
  wall: () => Date.now(),
  setTimeout: (run, delayMs) => setTimeout(run, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
});

/**
 * Returns a clock without a longest delay: it waits in stages of {@link MAX_TIMER_MS} of the given
 * clock.
 */
export function withLongDelays(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    wall: () => clock.wall(),
    setTimeout(run, delayMs) {
      return delayMs > MAX_TIMER_MS
        ? new StagedTimer(clock, run, delayMs)
        : clock.setTimeout(run, delayMs);
    },
    clearTimeout(timer) {
      if (timer instanceof StagedTimer) timer.clear();
      else clock.clearTimeout(timer);
    },
  };
}

/** Lets the process end before the timer is due, where it is one of Node's. */
export function letProcessEnd(timer: unknown): void {
  (timer as Partial<NodeJS.Timeout> | undefined)?.unref?.();
}

class StagedTimer {
  readonly #clock: Clock;
  readonly #run: () => void;
  #leftMs: number;
  #stage: unknown;

  constructor(clock: Clock, run: () => void, delayMs: number) {
    this.#clock = clock;
    this.#run = run;
    this.#leftMs = delayMs;
    this.#next();
  }

  clear(): void {
    this.#clock.clearTimeout(this.#stage);
  }

  #next(): void {
    const stageMs = Math.min(this.#leftMs, MAX_TIMER_MS);
    this.#leftMs -= stageMs;
    const isLast = this.#leftMs === 0;
    this.#stage = this.#clock.setTimeout(() => (isLast ? this.#run() : this.#next()), stageMs);
  }
}
