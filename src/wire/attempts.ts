/** How often one model is asked in one call, whether an attempt that failed was billed or not. */
export const MOST_ATTEMPTS = 4;

/** The longest wait before another attempt, in milliseconds; what asks for more gets this. */
export const LONGEST_RETRY_MS = 60_000;
