import type { Clock } from "../../wire/clock.ts";

const FIRST_MS = 1_000;
const LAST_MS = 30_000;
/** The least wait, for a server that asks for none: it would be asked in a loop. */
const LEAST_MS = 100;

/**
 * Returns the milliseconds to wait before a stream is reopened, after a number of failures in a
 * row.
 */
export function reconnectionMs(failures: number, retryMs: number | undefined): number {
  const first = retryMs === undefined ? FIRST_MS : Math.min(LAST_MS, Math.max(LEAST_MS, retryMs));
  return Math.min(LAST_MS, first * 2 ** Math.min(Math.max(0, failures - 1), 10));
}

/** Resolves after a delay, or rejects with the signal's reason as soon as it is aborted. */
export async function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = clock.setTimeout(resolve, delayMs);
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await promise;
  } finally {
    clock.clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
