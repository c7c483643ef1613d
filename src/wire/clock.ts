/**
 * Time as everything here needs it, so that tests can bring their own. Durations - deadlines,
 * waits, rates, windows of restarts - are counted by `now`, dates - of events, questions and
 * budget windows - are told by `wall`. The two are never compared with each other.
 */
export interface Clock {
  /**
   * Milliseconds since some moment of this thread's own; never goes back. Whether it goes on while
   * a computer sleeps is the operating system's choice: on Linux it stands still.
   */
  now(): number;
  /** Milliseconds since 1970, as the computer's clock says: it jumps when that is set. */
  wall(): number;
  setTimeout(run: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** The longest delay that a timer of Node can hold, in milliseconds: a longer one fires at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The longest time that anybody may ask us to wait, in milliseconds: a hundred years. */
export const LONGEST_DELAY_MS = 36_525 * 24 * 3_600_000;

/** The system's time. */
export const systemClock: Clock = withLongDelays({
  now: () => performance.now(),
  wall: () => Date.now(),
  setTimeout: (run, delayMs) => setTimeout(run, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
});

/**
 * A clock that waits as long as it is told to, whatever the longest delay of `clock` is: in stages
 * of {@link LONGEST_TIMER_MS}.
 */
export function withLongDelays(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    wall: () => clock.wall(),
    setTimeout(run, delayMs) {
      return delayMs > LONGEST_TIMER_MS
        ? new StagedTimer(clock, run, delayMs)
        : clock.setTimeout(run, delayMs);
    },
    clearTimeout(timer) {
      if (timer instanceof StagedTimer) timer.clear();
      else clock.clearTimeout(timer);
    },
  };
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
    const stageMs = Math.min(this.#leftMs, LONGEST_TIMER_MS);
    this.#leftMs -= stageMs;
    const isLast = this.#leftMs === 0;
    this.#stage = this.#clock.setTimeout(() => (isLast ? this.#run() : this.#next()), stageMs);
  }
}
