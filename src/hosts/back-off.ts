/** Holds back new hosts when the last ones died at birth, and says when none comes up. */
export interface BackOff {
  /** A host died by itself, `ageMs` after it was launched. */
  died(ageMs: number): void;
  /** A host ended before it ran anything, which none that it was for can have caused. */
  failed(reason: string): void;
  /** A host runs: hosts can be started. */
  began(): void;
  /** A host runs, and what the last ones died of has passed. */
  started(): void;
  /** Milliseconds to wait before the next launch. */
  delayMs(): number;
  /** Of the last of three that failed in a row: hosts cannot be started at present. */
  readonly fault: string | undefined;
}

const freeDeaths = 3;
const failuresMax = 3;
const youngMs = 1_000;
const firstMs = 100;
const maxMs = 10_000;

/**
 * Counts deaths in a row of hosts younger than a second. The first three cost nothing, then the
 * delay doubles from 100 ms up to 10 s; a host that lived longer clears the count.
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
      return failures >= failuresMax ? reason : undefined;
    },
  };
}
