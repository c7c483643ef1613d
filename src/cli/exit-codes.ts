import type { Outcome } from "../index.ts";

export const USAGE_EXIT_CODE = 2;

/** How the program ends, by how the agent ended. Cancelled and killed are 128 and the signal. */
export const EXIT_CODES = {
  completed: 0,
  failed: 1,
  exhausted: 3,
  "timed-out": 4,
  cancelled: 130,
  killed: 137,
} as const satisfies Record<Outcome["status"], number>;
