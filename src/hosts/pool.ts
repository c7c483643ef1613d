import { setImmediate } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { Piscina, queueOptionsSymbol } from "piscina";
import type { HostKind, HostTask } from "../wire/control.ts";
import { describe } from "../wire/error-codec.ts";

/** What becomes of a thread. */
export interface ThreadFate {
  /** It is about to end, or of no use any more; `onExit` follows once it is terminated. */
  onCrash(reason: string): void;
  /** It has exited. The only sure sign of death. */
  onExit(reason: string): void;
}

/** One running thread. */
export interface Thread {
  readonly threadId: number;
  terminate(): void;
  /** Lets the process end although the thread has not. */
  release(): void;
}

export interface ThreadPool {
  /** Makes one thread and gives it its endless task. */
  start(task: HostTask, fate: ThreadFate): Thread;
  close(): Promise<void>;
}

export interface ThreadPoolOptions {
  readonly kind: HostKind;
  /** The module whose default export is the endless task. */
  readonly entry: URL;
  /** The whole environment of its threads. */
  readonly env: Readonly<Record<string, string>>;
  readonly maxThreads: number;
}

const closingTurns = 4;

/**
 * Threads from Piscina, one endless task on each.
 *
 * Piscina decides by itself which thread gets a task. Our balancer takes that decision: a task is
 * for the thread that was made for it and for no other, so that a host's Worker is known from the
 * first moment, also when it dies before it has said anything.
 */
export function createThreadPool(options: ThreadPoolOptions): ThreadPool {
  const threadOf = new Map<number, number>();
  let tasks = 0;

  const pool = new Piscina({
    env: { ...options.env },
    minThreads: 0,
    maxThreads: options.maxThreads,
    concurrentTasksPerWorker: 1,
    // Anything else freezes the event loop of a thread that has no task.
    atomics: "disabled",
    idleTimeout: Number.POSITIVE_INFINITY,
    recordTiming: false,
    ...execArgv(),
    loadBalancer: (task, workers) => {
      const queued = task[queueOptionsSymbol] as { readonly task?: number } | null;
      const threadId = threadOf.get(queued?.task ?? 0);
      return workers.find(({ id }) => id === threadId) ?? null;
    },
  });
  // Told of threads that die without a task; each host hears of its own thread from the Worker.
  pool.on("error", () => undefined);

  return {
    start(task, fate) {
      tasks += 1;
      const number = tasks;
      const before = new Set(pool.threads);
      const kill = new AbortController();
      const run = pool.run(
        { ...task, [queueOptionsSymbol]: { task: number } },
        {
          filename: options.entry.href,
          transferList: [task.port, task.controlPort],
          signal: kill.signal,
        },
      );
      run.then(
        () => fate.onCrash("its task returned"),
        (error) => fate.onCrash(describe(error)),
      );
      const worker = pool.threads.find((thread) => !before.has(thread));
      if (worker === undefined) {
        kill.abort();
        throw new Error(`the ${options.kind} pool is full with ${before.size} threads`);
      }
      threadOf.set(number, worker.threadId);
      worker.once("exit", () => threadOf.delete(number));
      return follow(worker, kill, fate);
    },
    async close() {
      await pool.destroy();
      // Node closes a thread's own ports in the turns that follow its exit.
      for (let turns = 0; turns < closingTurns; turns += 1) await setImmediate();
    },
  };
}

function follow(worker: Worker, kill: AbortController, fate: ThreadFate): Thread {
  const { threadId } = worker;
  worker.once("error", (error) => fate.onCrash(describe(error)));
  worker.once("exit", (code) => fate.onExit(`its thread exited with code ${code}`));
  return {
    threadId,
    terminate() {
      kill.abort();
      // The signal reaches only a thread that has begun its task.
      void worker.terminate();
    },
    release: () => worker.unref(),
  };
}

/** Threads inherit Node's options, but break on those of a program from the command line. */
function execArgv(): { execArgv?: string[] } {
  const given = process.execArgv;
  if (!given.some((option) => option.startsWith("--input-type"))) return {};
  const conditions = given.flatMap((option, at) => {
    if (option === "-C" || option === "--conditions") return [`--conditions=${given[at + 1]}`];
    return option.startsWith("--conditions=") ? [option] : [];
  });
  return { execArgv: conditions };
}
