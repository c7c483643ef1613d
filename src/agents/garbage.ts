import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { OUT_OF_MEMORY_EXIT } from "../wire/control.ts";

const megabyte = 1024 * 1024;
/**
 * Milliseconds between two checks; the collection of a large heap takes a tenth of that and more.
 */
const everyMs = 200;

/**
 * Ends this thread once its heap, or its Buffers outside of it, exceed `memoryMb` after a
 * collection.
 *
 * V8's own limit is higher, because some allocations that reach it end the whole process. Below it
 * V8 lets garbage accumulate, and no other thread can tell garbage from live data.
 */
export function holdAtMost(memoryMb: number): void {
  // A context created after this has a function `gc`.
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
