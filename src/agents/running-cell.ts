import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { HEART } from "../wire/control.ts";

/** An agent as the cell knows it. */
export interface Runner {
  /** What its host calls it in the cell. */
  readonly number: number;
  /** The last delivery that it has taken in. */
  readonly upTo: number;
  readonly path?: string;
  readonly incarnation?: number;
}

/**
 * Says in shared memory whose code runs on this thread, so that a thread that stands still or dies
 * is charged to the right agent.
 *
 * A plain store is enough: it is read when nothing has run here for a long while.
 */
export class RunningCell {
  readonly #heart: Int32Array;
  readonly #onTaken: ((n: number) => void) | undefined;
  #taken = 0;
  #context: AsyncLocalStorage<Runner | undefined> | undefined;
  #current: Runner | undefined;

  /** @param onTaken told before an agent runs with another delivery, where nobody reads memory */
  constructor(heart: Int32Array, onTaken?: (n: number) => void) {
    this.#heart = heart;
    this.#onTaken = onTaken;
  }

  /**
   * From now on, code that goes on later - after an await, in a timer, a callback - is charged to
   * the agent that began it. It costs 0.1 us per await, and only users' modules need it.
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
    // A rejection that nobody awaits is thrown when the code that caused it has already gone.
    process.on("uncaughtExceptionMonitor", () => this.#store(context.getStore()));
  }

  /** Whose code runs; undefined: nobody's. */
  get current(): Runner | undefined {
    return this.#current;
  }

  /** The agent's code begins. Answers with whose ran before, for {@link RunningCell.leave}. */
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

/** One more beat, by no call that a guest could replace to be handed its host's heart. */
export function addBeat(heart: Int32Array): void {
  heart[HEART.beats] = (heart[HEART.beats] ?? 0) + 1;
}
