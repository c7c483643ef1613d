/** Holds back new hosts when the last ones died at birth. */
export interface BackOff {
  /** A host died by itself, `ageMs` after it was launched. */
  died(ageMs: number): void;
  /** A host runs: what the last ones died of has passed. */
  started(): void;
  /** Milliseconds to wait before the next launch. */
  delayMs(): number;
}

const freeDeaths = 3;
const youngMs = 1_000;
const firstMs = 100;
const maxMs = 10_000;

/**
 * Counts deaths in a row of hosts younger than a second. The first three cost nothing, then the
 * delay doubles from 100 ms up to 10 s; a host that lived longer clears the count.
 */
export function createBackOff(): BackOff {
  let inRow = 0;
  return {
    died(ageMs) {
      inRow = ageMs < youngMs ? inRow + 1 : 0;
    },
    started() {
      inRow = 0;
    },
    delayMs() {
      if (inRow <= freeDeaths) return 0;
      // The exponent is capped, so that a long row does not overflow.
      return Math.min(maxMs, firstMs * 2 ** Math.min(inRow - freeDeaths - 1, 16));
    },
  };
}
