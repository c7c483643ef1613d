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

/** The longest delay that a timer of Node can hold, in milliseconds. */
export const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** The system's time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  setTimeout: (run, delayMs) => setTimeout(run, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};
