/** Delays new hosts when the last ones died young, and reports when hosts cannot be started. */
export interface BackOff {
  /** Notes a host that died by itself, `ageMs` after it was launched. */
  died(ageMs: number): void;
  /** Notes a host that ended before it ran anything, so that no agent can have caused it. */
  failed(reason: string): void;
  /** Notes a host that runs: hosts can be started. */
  began(): void;
  /** Notes a host that runs, and that the cause of the last deaths has passed. */
  started(): void;
  /** Returns the milliseconds to wait before the next launch. */
  delayMs(): number;
  /** Reason of the last failure once three in a row failed: hosts cannot be started at present. */
  readonly fault: string | undefined;
}

const freeDeaths = 3;
const MAX_FAILURES = 3;
const youngMs = 1_000;
const firstMs = 100;
const maxMs = 10_000;

/**
 * Creates a back-off. It counts deaths in a row of hosts younger than a second: the first three
 * cause no delay, then the delay doubles from 100 ms up to 10 s. A host that lived longer clears
 * the count.
 */
export function createBackOff(): BackOff {
  let inRow = 0;
  let failures = 0;
  let reason: string | undefined;
  const began = (): void => {
    failures = 0;
    reason = undefined;
  };
  return {
    died(ageMs) {
      inRow = ageMs < youngMs ? inRow + 1 : 0;
    },
    failed(why) {
      inRow += 1;
      failures += 1;
      reason = why;
    },
    began,
    started() {
      began();
      inRow = 0;
    },
    delayMs() {
      if (inRow <= freeDeaths) return 0;
      // The exponent is capped, so that a long row does not overflow.
      return Math.min(maxMs, firstMs * 2 ** Math.min(inRow - freeDeaths - 1, 16));
    },
    get fault() {
      return failures >= MAX_FAILURES ? reason : undefined;
    },
  };
}
