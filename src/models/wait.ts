import type { Clock } from "../wire/clock.ts";

/**
 * Waits; returns whether the time elapsed or the signal was aborted.
 *
 * **Guarantees** An abort ends the wait at once. No timer or listener is left behind.
 */
export function wait(
  clock: Clock,
  delayMs: number,
  signal: AbortSignal,
): Promise<"elapsed" | "aborted"> {
  if (signal.aborted) return Promise.resolve("aborted");
  return new Promise((resolve) => {
    const abort = (): void => {
      clock.clearTimeout(timer);
      resolve("aborted");
    };
    const timer = clock.setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve("elapsed");
    }, delayMs);
    signal.addEventListener("abort", abort, { once: true });
  });
}
