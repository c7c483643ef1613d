import { createThreadPool, type ThreadPool, type ThreadPoolOptions } from "./thread-pool.ts";

export interface LonePools {
  /** Opens a pool for one thread, with a memory limit of its own. It is closed with the thread. */
  open(memoryMb: number | undefined): ThreadPool;
  /** Resolves when no thread of any pool is left. */
  close(): Promise<void>;
}

/** Opens pools of one thread each, because a limit of memory applies to a whole pool. */
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
