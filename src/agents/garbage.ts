import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { OUT_OF_MEMORY_EXIT } from "../wire/control.ts";

const megabyte = 1024 * 1024;
/** Milliseconds between two looks: a collection of a large heap takes a tenth of it and more. */
const everyMs = 200;

/**
 * Ends this thread once its heap, or its Buffers beside it, are more than its limit after their
 * garbage was collected.
 *
 * V8's own limit is higher, because some allocations that meet that one end the whole process; up
 * to there V8 would let garbage pile up, and nobody outside can tell it from what is held.
 */
export function holdAtMost(memoryMb: number): void {
  // In contexts that are made from now on, there is a function that does it.
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const isMore = (): boolean => {
    const { used_heap_size, external_memory } = getHeapStatistics();
    return Math.max(used_heap_size, external_memory) > memoryMb * megabyte;
  };
  setInterval(() => {
    if (!isMore()) return;
    collect();
    if (isMore()) process.exit(OUT_OF_MEMORY_EXIT);
  }, everyMs).unref();
}
