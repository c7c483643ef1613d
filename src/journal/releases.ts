import { describe } from "../wire/error-codec.ts";

/**
 * Effects of a step on listeners, readers and tools, deferred until the step is over and then run
 * in order.
 *
 * **Guarantees** no effect runs within a step: an input that it causes is a step of its own.
 */
export class Releases {
  #waiting: (() => void)[] = [];
  /** True while a step runs. */
  isInStep = false;
  #isReleasing = false;
  readonly #isReplay: boolean;
  /** Called when all effects have run. */
  whenOut: () => void = () => undefined;

  /** @param isReplay drops all effects, because they ran when the steps were first taken */
  constructor(isReplay = false) {
    this.#isReplay = isReplay;
  }

  /** True when no effect waits to be run. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Adds an effect; it runs at once when no step is under way. */
  add(effect: () => void): void {
    if (this.#isReplay) return;
    this.#waiting.push(effect);
    if (!this.isInStep) this.#release();
  }

  /** Begins a step: effects are deferred until `release`. */
  begin(): void {
    this.isInStep = true;
  }

  /** Runs several steps, and their effects only after all of them. */
  together(steps: () => void): void {
    if (this.#isReleasing) return steps();
    this.#isReleasing = true;
    try {
      steps();
    } finally {
      this.#isReleasing = false;
      this.#release();
    }
  }

  /** Ends the step and runs the deferred effects, unless a release under way will run them. */
  release(): void {
    this.isInStep = false;
    this.#release();
  }

  #release(): void {
    if (this.#isReleasing) return;
    this.#isReleasing = true;
    const waiting = this.#waiting;
    // Effects that these add join the same loop.
    for (const effect of waiting) {
      try {
        effect();
      } catch (thrown) {
        // Effects catch their own errors; this is the last resort.
        process.emitWarning(describe(thrown), "CoppiceFaultWarning");
      }
    }
    // A new array: an old one that is emptied keeps what was in it for the garbage collector.
    if (waiting.length > 0) this.#waiting = [];
    this.#isReleasing = false;
    this.whenOut();
  }
}
