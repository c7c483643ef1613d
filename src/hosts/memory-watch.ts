import { readFileSync } from "node:fs";
import type { HeapInfo } from "node:v8";
import type { Clock } from "../wire/clock.ts";
import { isError } from "../wire/realm.ts";

export interface MemoryWatchOptions {
  /** Returns the bytes in use now; undefined when they are not known. */
  readonly read: () => Promise<number | undefined> | number | undefined;
  readonly mostBytes: number;
  readonly clock: Clock;
  /** Called once, with the bytes that were too many. */
  readonly onExceeded: (bytes: number) => void;
}

/**
 * Milliseconds between two readings. A host may exceed its limit by what it allocates in between:
 * up to 2 MB for each millisecond where memory is filled as fast as it can be.
 */
const everyMs = 20;
/** Megabytes that Node and the library take in a process beside the heap that `memoryMb` limits. */
const ownMb = 128;
/**
 * Factor from `memoryMb` to V8's own limit for the heap of a thread. V8 may let garbage accumulate
 * halfway from a thread's live data to that limit. A thread with live data of `memoryMb` must not
 * be ended, so the watch ends it only past halfway. A large allocation must not reach V8's limit
 * before the watch sees it, so that limit is far off.
 */
const heapFactor = 4;
const watchFactor = (1 + heapFactor) / 2;
const megabyte = 1024 * 1024;

/**
 * Returns the bytes of heap, or of Buffers outside of it, at which a thread is ended in any case.
 */
export function threadLimit(memoryMb: number): number {
  return memoryMb * watchFactor * megabyte;
}

/** Returns the megabytes at which V8 ends a thread, and with some allocations the whole process. */
export function heapLimitMb(memoryMb: number): number {
  return memoryMb * heapFactor;
}

/**
 * Returns the bytes of resident memory at which a process is ended. Its heap has V8's own limit,
 * which is `memoryMb` and ends only the process itself.
 */
export function processLimit(memoryMb: number): number {
  return (memoryMb + ownMb) * megabyte;
}

/** Returns the bytes of a thread's heap or of the Buffers outside of it, whichever is more. */
export function heapBytes({ used_heap_size, external_memory }: HeapInfo): number {
  return Math.max(used_heap_size, external_memory);
}

/** True when a process uses so much memory that its heap must be nearly full. */
export function isNearLimit(bytes: number, memoryMb: number): boolean {
  return bytes >= (memoryMb + ownMb / 2) * megabyte;
}

export function threadHeld(bytes: number, memoryMb: number): string {
  return `OUT_OF_MEMORY: its thread held ${inMb(bytes)} MB, and its \`memoryMb\` is ${memoryMb}`;
}

export function processHeld(bytes: number, memoryMb: number): string {
  const limit = `its \`memoryMb\` is ${memoryMb}, and Node itself is given ${ownMb} more`;
  return `OUT_OF_MEMORY: its process held ${inMb(bytes)} MB; ${limit}`;
}

function inMb(bytes: number): number {
  return Math.round(bytes / megabyte);
}

/**
 * Reads repeatedly how much memory a host uses, until it is too much or the watch is ended.
 *
 * **Guarantees** One reading at a time: a thread in a native call answers none, and none
 * accumulate.
 * @returns a function that ends the watch
 */
export function watchMemory(options: MemoryWatchOptions): () => void {
  const { read, mostBytes, clock, onExceeded } = options;
  let ended = false;
  let timer: unknown;
  const look = async (): Promise<void> => {
    // The reading of a host that has gone fails; the host ends its watch itself.
    const bytes = await Promise.resolve(read()).catch(() => undefined);
    if (ended) return;
    if (bytes !== undefined && bytes >= mostBytes) {
      ended = true;
      onExceeded(bytes);
    } else arm();
  };
  const arm = (): void => {
    timer = clock.setTimeout(() => void look(), everyMs);
  };
  arm();
  return () => {
    ended = true;
    clock.clearTimeout(timer);
  };
}

/**
 * Returns the bytes of resident memory of a process on Linux; undefined elsewhere, where V8's own
 * limit is the only one and Buffers have none.
 */
export function residentBytes(pid: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    return kilobytes === null ? undefined : Number(kilobytes[1]) * 1024;
  } catch (error) {
    // The process has exited.
    if (isError(error) && "code" in error) return undefined;
    throw error;
  }
}
