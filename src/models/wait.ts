import type { Clock } from "../wire/clock.ts";

/**
 * Waits and says whether the time went by or the signal was aborted.
 *
 * **Guarantees** an abort ends the wait at once; no timer or listener is left behind.
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
