import { setImmediate } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { Piscina, queueOptionsSymbol } from "piscina";
import { systemClock } from "../wire/clock.ts";
import type { ComputeTask } from "../wire/compute.ts";
import { type HostKind, type HostTask, OUT_OF_MEMORY_EXIT } from "../wire/control.ts";
import { describe } from "../wire/error-codec.ts";
import type { Printed } from "../wire/printed.ts";
import { readField } from "../wire/read-field.ts";
import { heapBytes, heapLimitMb, threadHeld, threadLimit, watchMemory } from "./memory-watch.ts";
import { moduleOptions } from "./module-options.ts";
import { assertThere } from "./worker-entry.ts";

/** Callbacks for the events of a thread. */
export interface ThreadFate {
  /** Called when it is about to end, or is of no use; `onExit` follows once it is terminated. */
  onCrash(reason: string): void;
  /** Called when it uses more memory than it may, or V8 has ended it for that. */
  onOutOfMemory(reason: string): void;
  /** Returns true while it has no work; its memory is not read then. */
  isIdle?(): boolean;
  /** Called for prints that the thread's own capture did not report. */
  onPrinted?(print: Printed): void;
  /** Called when it has exited. There is no other sure sign of its end. */
  onExit(reason: string): void;
}

/** One running thread. */
export interface Thread {
  readonly threadId: number;
  /** Watches its memory from now on: code of others is about to run there. */
  watch(): void;
  terminate(): void;
  /** Lets the process end although the thread has not. */
  release(): void;
}

export interface ThreadPool {
  /**
   * Starts one thread and gives it its task. A thread whose task is endless keeps this process
   * alive; one that is started ahead of its agent does not.
   */
  start(task: HostTask | ComputeTask, fate: ThreadFate): Thread;
  close(): Promise<void>;
}

export interface ThreadPoolOptions {
  readonly kind: HostKind | "compute";
  /** Module whose default export is the endless task. */
  readonly entry: URL;
  /** The complete environment of its threads. */
  readonly env: Readonly<Record<string, string>>;
  readonly maxThreads: number;
  /** Megabytes of heap and Buffers for each thread. Default: Node's own limit, and no watch. */
  readonly memoryMb?: number;
}

/**
 * Share of V8's young generation in `memoryMb`. V8 lets garbage accumulate there; a small one makes
 * a reading show live data.
 */
const nurseryShare = 1 / 8;
const closingTurns = 4;

/**
 * Creates a pool of Piscina's threads, one endless task on each.
 *
 * Piscina decides by itself which thread gets a task. The balancer here makes that decision: a task
 * is for the thread that was started for it and for no other. So a host's Worker is known from the
 * first moment, also when it dies before it has sent anything.
 */
export function createThreadPool(options: ThreadPoolOptions): ThreadPool {
  const threadOf = new Map<number, number>();
  let tasks = 0;

  const open = (): Piscina => openPiscina(options, (task) => threadOf.get(task));
  let pool = open();

  const begin: Piscina["run"] = (task, given) => {
    try {
      return pool.run(task, given);
    } catch (error) {
      // When Node makes no thread, Piscina keeps the task, and its promise is lost: it would be
      // rejected when the pool is destroyed, and the task would be given threads of others until
      // then.
      pool = open();
      throw error;
    }
  };

  return {
    start(task, fate) {
      assertThere(options.entry);
      tasks += 1;
      const number = tasks;
      const before = new Set(pool.threads);
      const kill = new AbortController();
      const { memoryMb } = options;
      const run = begin(
        { ...task, memoryMb, [queueOptionsSymbol]: { task: number } },
        {
          filename: options.entry.href,
          transferList: "controlPort" in task ? [task.port, task.controlPort] : [task.port],
          signal: kill.signal,
        },
      );
      const isAhead = "isAhead" in task && task.isAhead === true;
      run.then(
        () => isAhead || fate.onCrash("its task returned"),
        (error) => fate.onCrash(describe(error)),
      );
      const worker = pool.threads.find((thread) => !before.has(thread));
      if (worker === undefined) {
        kill.abort();
        throw new Error(`the ${options.kind} pool is full with ${before.size} threads`);
      }
      threadOf.set(number, worker.threadId);
      worker.once("exit", () => threadOf.delete(number));
      overhear(worker, fate);
      return { ...follow(worker, kill, fate), watch: () => watchHeap(worker, options, fate) };
    },
    async close() {
      await pool.destroy();
      // Node closes a thread's own ports in the turns that follow its exit.
      for (let turns = 0; turns < closingTurns; turns += 1) await setImmediate();
    },
  };
}

function openPiscina(
  options: ThreadPoolOptions,
  threadOf: (task: number) => number | undefined,
): Piscina {
  const pool = new Piscina({
    env: { ...options.env },
    minThreads: 0,
    maxThreads: options.maxThreads,
    concurrentTasksPerWorker: 1,
    // Any other mode freezes the event loop of a thread that has no task.
    atomics: "disabled",
    idleTimeout: Number.POSITIVE_INFINITY,
    recordTiming: false,
    ...execArgv(),
    ...resourceLimits(options.memoryMb),
    loadBalancer: (task, workers) => {
      const queued = task[queueOptionsSymbol] as { readonly task?: number } | null;
      const threadId = threadOf(queued?.task ?? 0);
      return workers.find(({ id }) => id === threadId) ?? null;
    },
  });
  // Emitted for threads that die without a task; each host listens to its own Worker.
  pool.on("error", () => undefined);
  return pool;
}

function follow(worker: Worker, kill: AbortController, fate: ThreadFate): Omit<Thread, "watch"> {
  const { threadId } = worker;
  worker.once("error", (error) => {
    // Code on the thread may have thrown any value, or none.
    const isMemory = readField(error, "code") === "ERR_WORKER_OUT_OF_MEMORY";
    if (isMemory) fate.onOutOfMemory(`OUT_OF_MEMORY: ${describe(error)}`);
    else fate.onCrash(describe(error));
  });
  worker.once("exit", (code) => {
    if (code === OUT_OF_MEMORY_EXIT) {
      fate.onOutOfMemory("OUT_OF_MEMORY: it held more than its `memoryMb`");
    }
    fate.onExit(`its thread exited with code ${code}`);
  });
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

/**
 * Reads a thread's outputs in place of piping them to those of this process, which are the
 * embedder's.
 */
function overhear(worker: Worker, fate: ThreadFate): void {
  for (const stream of ["stdout", "stderr"] as const) {
    const output = worker[stream];
    output.unpipe();
    output.setEncoding("utf8").on("data", (text: string) => fate.onPrinted?.({ stream, text }));
    // A stream without a pipe is paused.
    output.resume();
  }
}

/** Ends a thread before V8's own limit, at which some allocations end the whole process. */
function watchHeap(worker: Worker, options: ThreadPoolOptions, fate: ThreadFate): void {
  const { memoryMb } = options;
  if (memoryMb === undefined) return;
  const unwatch = watchMemory({
    read: () => (fate.isIdle?.() ? undefined : worker.getHeapStatistics().then(heapBytes)),
    mostBytes: threadLimit(memoryMb),
    // A thread lives in real time, whatever the supervisor's clock is.
    clock: systemClock,
    onExceeded: (bytes) => fate.onOutOfMemory(threadHeld(bytes, memoryMb)),
  });
  worker.once("exit", unwatch);
}

function resourceLimits(memoryMb: number | undefined) {
  if (memoryMb === undefined) return {};
  const maxYoungGenerationSizeMb = Math.ceil(memoryMb * nurseryShare);
  const maxOldGenerationSizeMb = heapLimitMb(memoryMb);
  return { resourceLimits: { maxOldGenerationSizeMb, maxYoungGenerationSizeMb } };
}

/**
 * Returns Node's options for threads. Threads inherit those of the program, but break on those of a
 * program that was given on the command line.
 */
function execArgv(): { execArgv?: string[] } {
  const given = process.execArgv;
  if (!given.some((option) => option.startsWith("--input-type"))) return {};
  return { execArgv: moduleOptions(given) };
}
