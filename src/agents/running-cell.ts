import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { HEART } from "../wire/control.ts";

/** An agent as the running cell identifies it. */
export interface Runner {
  /** Number of the agent in the cell of its host. */
  readonly number: number;
  /** Number of the last delivery that it has taken. */
  readonly upTo: number;
  readonly path?: string;
  readonly incarnation?: number;
}

/**
 * Records in shared memory whose code runs on this thread, so that a thread that freezes or dies is
 * charged to the right agent.
 *
 * A plain store is enough: the memory is read when nothing has run here for a long while.
 */
export class RunningCell {
  readonly #heart: Int32Array;
  readonly #onTaken: ((n: number) => void) | undefined;
  #taken = 0;
  #context: AsyncLocalStorage<Runner | undefined> | undefined;
  #current: Runner | undefined;

  /** @param onTaken called with each new delivery before its agent runs, in place of the memory */
  constructor(heart: Int32Array, onTaken?: (n: number) => void) {
    this.#heart = heart;
    this.#onTaken = onTaken;
  }

  /**
   * Charges code that runs later - after an await, in a timer, a callback - to the agent that began
   * it. It costs 0.1 us per await, and only users' modules need it.
   */
  follow(): void {
    if (this.#context !== undefined) return;
    const context = new AsyncLocalStorage<Runner | undefined>();
    this.#context = context;
    const outer: (Runner | undefined)[] = [];
    createHook({
      before: () => {
        outer.push(this.#current);
        this.#write(context.getStore());
      },
      after: () => this.#write(outer.pop()),
    }).enable();
    // An unhandled rejection is thrown when the code that caused it has already returned.
    process.on("uncaughtExceptionMonitor", () => this.#store(context.getStore()));
  }

  /** The agent whose code runs; undefined when no agent's code does. */
  get current(): Runner | undefined {
    return this.#current;
  }

  /** Records that an agent's code begins. Returns the one before, for {@link RunningCell.leave}. */
  enter(runner: Runner | undefined): Runner | undefined {
    const before = this.#current;
    this.#context?.enterWith(runner);
    this.#write(runner);
    return before;
  }

  leave(before: Runner | undefined): void {
    this.#context?.enterWith(before);
    this.#write(before);
  }

  #write(runner: Runner | undefined): void {
    this.#current = runner;
    this.#store(runner);
  }

  #store(runner: Runner | undefined): void {
    this.#heart[HEART.upTo] = runner === undefined ? 0 : runner.upTo;
    this.#heart[HEART.running] = runner === undefined ? 0 : runner.number;
    if (this.#onTaken === undefined || runner === undefined || runner.upTo <= this.#taken) return;
    this.#taken = runner.upTo;
    this.#onTaken(runner.upTo);
  }
}

/** Adds a beat. It calls no function that user code could replace to get its host's heart. */
export function addBeat(heart: Int32Array): void {
  heart[HEART.beats] = (heart[HEART.beats] ?? 0) + 1;
}
