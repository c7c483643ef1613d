import { describe } from "../wire/error-codec.ts";

/**
 * Calls `then` when the signal is aborted, or at once if it already is; returns a function that
 * unsubscribes.
 */
export function onAbort(
  signal: AbortSignal | undefined,
  then: (reason: string) => void,
): () => void {
  if (signal === undefined) return () => undefined;
  const listener = () => then(describe(signal.reason));
  if (signal.aborted) listener();
  else signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

/**
 * Begins the work unless the signal is aborted, and waits until it is done or the signal is
 * aborted.
 */
export async function unlessAborted(
  signal: AbortSignal | undefined,
  begin: () => Promise<void>,
): Promise<void> {
  if (signal?.aborted === true) return;
  const aborted = Promise.withResolvers<void>();
  const forget = onAbort(signal, () => aborted.resolve());
  await Promise.race([begin(), aborted.promise]).finally(forget);
}
