/** Time as everything here needs it, so that tests can bring their own. */
export interface Clock {
  /** Milliseconds since 1970; never goes back. */
  now(): number;
  setTimeout(run: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** The longest delay that a timer of Node can hold, in milliseconds. */
export const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** Read once: the getter is dear, and this is asked for with every event. */
const { timeOrigin } = performance;

/** The process's own time: a wall clock that is set back does not move it. */
export const systemClock: Clock = {
  now: () => timeOrigin + performance.now(),
  setTimeout: (run, delayMs) => setTimeout(run, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};
