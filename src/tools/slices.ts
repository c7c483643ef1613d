import { setImmediate } from "node:timers/promises";

/** How long this thread works at what others wrote before it looks at everything else. */
const SLICE_MS = 5;

/**
 * Takes the steps of long work in slices of some milliseconds, and lets the thread do everything
 * else in between. Work that takes less is done at once.
 *
 * **Gotcha** a single step is not cut: whoever writes the steps keeps each of them short.
 * @param signal ends the work between two slices, with its reason
 */
export async function inSlices<T>(
  steps: Iterator<unknown, T, undefined>,
  signal?: AbortSignal,
): Promise<T> {
  let began = performance.now();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value as T;
    // What a step has set going counts too.
    await undefined;
    if (performance.now() - began < SLICE_MS) continue;
    await setImmediate();
    signal?.throwIfAborted();
    began = performance.now();
  }
}
