import { availableParallelism } from "node:os";
import { CoppiceError } from "../errors.ts";
import { type Clock, systemClock } from "../wire/clock.ts";
import type { ComputeCall, ComputeModule } from "../wire/compute.ts";
import { describe } from "../wire/error-codec.ts";
import type { Printed } from "../wire/printed.ts";
import { createBackOff } from "./back-off.ts";
import { ComputeThread, type ComputeWork } from "./compute-thread.ts";
import { createThreadPool, type ThreadPool } from "./thread-pool.ts";
import { workerEntry } from "./worker-entry.ts";

export interface ComputePoolOptions {
  /** Most threads at work at once. Default: available cores. */
  readonly threads?: number;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Called with what its threads print; `path` is the agent whose call the thread serves. */
  readonly onPrinted?: (thread: string, print: Printed, path?: string) => void;
  /** Milliseconds for the import of a module. Default 10_000. */
  readonly importTimeoutMs?: number;
  /** Milliseconds after which a thread that does not end is stuck. Default 2_000. */
  readonly killMs?: number;
}

/** Most calls that wait for a thread. */
const MAX_WAITING = 1_000;

/**
 * The threads of compute tools. A thread serves one module only, stays warm between calls, and is
 * ended to stop a call that does not end by itself.
 *
 * **Guarantees** At most `threads` work at once, and at most twice as many exist. Tools take turns,
 * so that a tool whose calls hang delays no other for longer than its time-out. A thread that is
 * stuck in a native call is replaced without a wait; when all are stuck, calls are refused.
 */
export class ComputePool {
  readonly #most: number;
  readonly #clock: Clock;
  readonly #options: ComputePoolOptions;
  readonly #pools = new Map<number, ThreadPool>();
  readonly #threads = new Set<ComputeThread>();
  /** Waiting work, by module. */
  readonly #waiting = new Map<string, ComputeWork[]>();
  /** The turn in which each module was last given a thread. */
  readonly #served = new Map<string, number>();
  readonly #backOff = createBackOff();
  /** Timer of the next attempt to start a thread, while none can be started. */
  #attempt: unknown;
  #turns = 0;
  #started = 0;
  #stopping: Promise<void> | undefined;

  constructor(options: ComputePoolOptions = {}) {
    this.#options = options;
    this.#most = options.threads ?? availableParallelism();
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Imports modules, each on a thread of its own.
   *
   * **Fails with** `OPTIONS_INVALID` for a module that cannot be imported in time or whose default
   * export is no function, and `HOST_LOST` when no thread can be started.
   */
  async verify(modules: readonly ComputeModule[]): Promise<void> {
    const unique = new Map(modules.map((module) => [keyOf(module), module]));
    await Promise.all(
      [...unique.values()].map(async (module) => {
        try {
          await this.#do({ module });
        } catch (error) {
          const { code } = error instanceof CoppiceError ? error : {};
          if (code === "OPTIONS_INVALID" || code === "HOST_LOST") throw error;
          const what = `The module ${module.url} of a compute tool could not be imported`;
          const message = `${what}: ${describe(error)}`;
          throw new CoppiceError("OPTIONS_INVALID", message, { url: module.url }, error);
        }
      }),
    );
  }

  /**
   * Runs one call on a thread of its module, as soon as there is one.
   *
   * **Fails with** `OUT_OF_MEMORY`, `QUEUE_FULL` when 1,000 others wait, and else with an error
   * that says what the module threw or how its thread ended.
   */
  run(call: ComputeCall): Promise<unknown> {
    const { module, input, context, signal, onBegin, onProgress } = call;
    return this.#do({ module, call: { input, context }, onBegin, onProgress }, signal);
  }

  /** Number of threads that were terminated and have not ended, because of a native call. */
  get stuck(): number {
    return this.#count((thread) => thread.isStuck);
  }

  /** Reason for which threads cannot be started at present, after three in a row that failed. */
  get fault(): string | undefined {
    return this.#backOff.fault;
  }

  /** Ends every thread. Resolves when each has exited or is stuck. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #do(work: Omit<ComputeWork, "settle" | "fail">, signal?: AbortSignal): Promise<unknown> {
    const { promise, resolve: settle, reject: fail } = Promise.withResolvers<unknown>();
    const asked: ComputeWork = { ...work, settle, fail };
    const abort = (): void => this.#abort(asked);
    signal?.addEventListener("abort", abort, { once: true });
    this.#enqueue(asked);
    return promise.finally(() => signal?.removeEventListener("abort", abort));
  }

  #enqueue(work: ComputeWork): void {
    if (this.#stopping !== undefined) return work.fail(stopped());
    const waiting = [...this.#waiting.values()].reduce((sum, works) => sum + works.length, 0);
    if (waiting >= MAX_WAITING) {
      const message = `${waiting} calls of compute tools are waiting for a thread already`;
      return work.fail(new CoppiceError("QUEUE_FULL", message));
    }
    const key = keyOf(work.module);
    const works = this.#waiting.get(key);
    if (works === undefined) this.#waiting.set(key, [work]);
    else works.push(work);
    this.#changed();
  }

  #abort(work: ComputeWork): void {
    const key = keyOf(work.module);
    const works = this.#waiting.get(key) ?? [];
    const at = works.indexOf(work);
    if (at < 0) {
      for (const thread of this.#threads) thread.abandon(work);
      return;
    }
    works.splice(at, 1);
    if (works.length === 0) this.#waiting.delete(key);
    work.fail(new Error("it was cancelled while it waited for a thread"));
  }

  #changed(): void {
    for (const thread of this.#threads) if (thread.isGone) this.#threads.delete(thread);
    this.#handle();
    if (this.stuck >= 2 * this.#most) this.#refuse();
  }

  /** Gives waiting work to threads, until no more can be placed. */
  #handle(): void {
    const last = (key: string): number => this.#served.get(key) ?? 0;
    let isPlaced = true;
    while (isPlaced) {
      const turns = [...this.#waiting.keys()].sort((a, b) => last(a) - last(b));
      isPlaced = turns.some((key) => this.#placeOne(key));
    }
  }

  /**
   * Gives the first work that waits for a module to a thread; false when there can be no thread.
   */
  #placeOne(key: string): boolean {
    const idle = [...this.#threads].filter((thread) => thread.isIdle);
    const own = idle.find(({ module }) => keyOf(module) === key);
    if (own === undefined && !this.#makeRoom(idle)) return false;
    const works = this.#waiting.get(key) ?? [];
    const work = works.shift();
    if (works.length === 0) this.#waiting.delete(key);
    if (work === undefined) return false;
    if (work.call !== undefined) {
      this.#turns += 1;
      this.#served.set(key, this.#turns);
    }
    if (own === undefined) this.#open(work);
    else own.take(work);
    return true;
  }

  /** Returns true when one more thread may be started; ends a warm one of another module for it. */
  #makeRoom(idle: readonly ComputeThread[]): boolean {
    if (this.#count((thread) => thread.isLiving) >= this.#most) {
      const unwanted = idle.find(({ module }) => !this.#waiting.has(keyOf(module))) ?? idle[0];
      if (unwanted === undefined) return false;
      unwanted.end(new Error("its place was needed"));
    }
    return this.#threads.size < 2 * this.#most;
  }

  #open(work: ComputeWork): void {
    const { importTimeoutMs = 10_000, killMs = 2_000, onPrinted: report } = this.#options;
    this.#started += 1;
    const id = `compute-${this.#started}`;
    const pool = this.#poolOf(work.module);
    const { module } = work;
    const onChange = (): void => this.#changed();
    const onLaunch = (failure?: string): void => this.#launched(module, failure);
    const onPrinted = (print: Printed, path?: string): void => report?.(id, print, path);
    const hears = { onChange, onLaunch, onPrinted };
    const common = { id, pool, clock: this.#clock, importTimeoutMs, killMs, ...hears };
    this.#threads.add(new ComputeThread({ ...common, module }, work));
  }

  /**
   * Notes a launch. While no thread can be started, calls fail and the pool tries again by itself.
   */
  #launched(module: ComputeModule, failure: string | undefined): void {
    if (failure === undefined) return this.#backOff.started();
    this.#backOff.failed(failure);
    if (this.fault === undefined || this.#stopping !== undefined) return;
    this.#clock.clearTimeout(this.#attempt);
    const tryAgain = (): void => void this.#do({ module }).catch(() => undefined);
    this.#attempt = this.#clock.setTimeout(tryAgain, this.#backOff.delayMs());
  }

  #poolOf({ memoryMb }: ComputeModule): ThreadPool {
    const made = this.#pools.get(memoryMb);
    if (made !== undefined) return made;
    // Threads that are ending still count for a while.
    const maxThreads = 2 * this.#most + 8;
    const entry = workerEntry("compute");
    const pool = createThreadPool({ kind: "compute", entry, env: {}, maxThreads, memoryMb });
    this.#pools.set(memoryMb, pool);
    return pool;
  }

  /** Fails all waiting work, because no thread can be started any more. */
  #refuse(): void {
    const message = `all ${this.#threads.size} threads of compute tools are stuck in native calls`;
    for (const work of [...this.#waiting.values()].flat()) work.fail(new Error(message));
    this.#waiting.clear();
  }

  #count(test: (thread: ComputeThread) => boolean): number {
    return [...this.#threads].filter(test).length;
  }

  async #stop(): Promise<void> {
    const waiting = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    this.#clock.clearTimeout(this.#attempt);
    for (const work of waiting) work.fail(stopped());
    for (const thread of this.#threads) thread.end(stopped());
    await Promise.all([...this.#threads].map(({ ended }) => ended));
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }
}

function keyOf({ url, memoryMb }: ComputeModule): string {
  return `${memoryMb} ${url}`;
}

function stopped(): CoppiceError {
  return new CoppiceError("SUPERVISOR_STOPPED", "The threads of compute tools have ended");
}
