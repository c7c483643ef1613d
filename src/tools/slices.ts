import { setImmediate } from "node:timers/promises";

/** Milliseconds that this thread works on foreign input before it yields to other work. */
const SLICE_MS = 5;

/**
 * Runs the steps of long work in slices of some milliseconds, and yields to other work in between.
 * Shorter work is done in one go.
 *
 * **Gotcha** a single step is not divided: each step must be short.
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
    // Callbacks that a step has scheduled count too.
    await undefined;
    if (performance.now() - began < SLICE_MS) continue;
    await setImmediate();
    signal?.throwIfAborted();
    began = performance.now();
  }
}
