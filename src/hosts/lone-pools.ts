import { createThreadPool, type ThreadPool, type ThreadPoolOptions } from "./pool.ts";

export interface LonePools {
  /** A pool for one thread, with a limit of its own; closed with the thread. */
  open(memoryMb: number | undefined): ThreadPool;
  /** Resolves when no thread of any of them is left. */
  close(): Promise<void>;
}

/** Pools of one thread each, because the limit of memory belongs to a pool as a whole. */
export function createLonePools(
  options: Omit<ThreadPoolOptions, "maxThreads" | "memoryMb">,
): LonePools {
  const closing = new Set<Promise<void>>();
  return {
    open(memoryMb) {
      const memory = memoryMb === undefined ? {} : { memoryMb };
      const pool = createThreadPool({ ...options, ...memory, maxThreads: 1 });
      const close = (): Promise<void> => {
        const closed = pool.close().finally(() => closing.delete(closed));
        closing.add(closed);
        return closed;
      };
      return {
        close,
        start(task, fate) {
          return pool.start(task, {
            ...fate,
            onExit(reason) {
              void close();
              fate.onExit(reason);
            },
          });
        },
      };
    },
    async close() {
      await Promise.all(closing);
    },
  };
}
