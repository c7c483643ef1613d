/** The most attempts at one model in one call, billed or not. */
export const MAX_ATTEMPTS = 4;

/** The longest wait before another attempt, in milliseconds; a longer one is cut to this. */
export const MAX_RETRY_MS = 60_000;
