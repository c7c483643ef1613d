import { readFileSync } from "node:fs";
import type { HeapInfo } from "node:v8";
import type { Clock } from "../wire/clock.ts";
import { isError } from "../wire/realm.ts";

export interface MemoryWatchOptions {
  /** Bytes in use now; undefined where nobody can tell. */
  readonly read: () => Promise<number | undefined> | number | undefined;
  readonly mostBytes: number;
  readonly clock: Clock;
  /** Told once, with the bytes that were too many. */
  readonly onExceeded: (bytes: number) => void;
}

/**
 * Milliseconds between two looks. What a host allocates between them comes on top of its limit:
 * up to 2 MB for each millisecond where memory is filled as fast as it can be.
 */
const everyMs = 20;
/** What Node and our own code take in a process beside the heap that `memoryMb` bounds. */
const ownMb = 128;
/**
 * V8 may let garbage pile up halfway from what a thread holds to the limit of its heap. So that
 * one which holds `memoryMb` is never taken for one that holds too much, the watch looks for what
 * lies halfway; and so that a large allocation does not meet V8's limit before the watch sees it,
 * that limit is far.
 */
const heapFactor = 4;
const watchFactor = (1 + heapFactor) / 2;
const megabyte = 1024 * 1024;

/** The bytes of heap, or of Buffers beside it, at which a thread is ended whatever it does. */
export function threadLimit(memoryMb: number): number {
  return memoryMb * watchFactor * megabyte;
}

/** Megabytes at which V8 itself ends a thread, and with some allocations the whole process. */
export function heapLimitMb(memoryMb: number): number {
  return memoryMb * heapFactor;
}

/**
 * The bytes of resident memory at which a process is ended. Its heap has V8's own limit, which is
 * `memoryMb` and ends only the process itself.
 */
export function processLimit(memoryMb: number): number {
  return (memoryMb + ownMb) * megabyte;
}

/** What a thread holds: its heap or the Buffers beside it, whichever is more. */
export function heapBytes({ used_heap_size, external_memory }: HeapInfo): number {
  return Math.max(used_heap_size, external_memory);
}

/** True where a process holds so much that its heap must be all but full. */
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
 * Looks again and again how much memory a host uses, until it is too much or the watch is ended.
 *
 * **Guarantees** one look at a time: a thread in a native call answers none, and none piles up.
 * @returns ends the watch
 */
export function watchMemory(options: MemoryWatchOptions): () => void {
  const { read, mostBytes, clock, onExceeded } = options;
  let ended = false;
  let timer: unknown;
  const look = async (): Promise<void> => {
    // A host that has gone tells nothing, and ends its watch itself.
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
 * The memory of a process that is in use, as Linux tells it; undefined elsewhere, where V8's own
 * limit is the only one and Buffers have none.
 */
export function residentBytes(pid: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    return kilobytes === null ? undefined : Number(kilobytes[1]) * 1024;
  } catch (error) {
    // It has exited.
    if (isError(error) && "code" in error) return undefined;
    throw error;
  }
}
