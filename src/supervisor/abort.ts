import { describe } from "../wire/error-codec.ts";

/** Runs `then` once the signal is aborted, also when it was before; answers with how to forget. */
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

/** Waits for the work, but no longer than until the signal is aborted; none is begun after it. */
export async function unlessAborted(
  signal: AbortSignal | undefined,
  begin: () => Promise<void>,
): Promise<void> {
  if (signal?.aborted === true) return;
  const aborted = Promise.withResolvers<void>();
  const forget = onAbort(signal, () => aborted.resolve());
  await Promise.race([begin(), aborted.promise]).finally(forget);
}
