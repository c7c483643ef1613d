import type { Outcome } from "../index.ts";

export const USAGE_EXIT_CODE = 2;

/**
 * Exit codes by the outcome of the agent. Cancelled and killed are 128 plus the signal's number.
 */
export const EXIT_CODES = {
  completed: 0,
  failed: 1,
  exhausted: 3,
  "timed-out": 4,
  cancelled: 130,
  killed: 137,
} as const satisfies Record<Outcome["status"], number>;
