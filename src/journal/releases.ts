import { describe } from "../wire/error-codec.ts";

/**
 * What others may see of a step - listeners, readers, tools - let out in its order once it is over.
 *
 * **Guarantees** nobody who is told acts within a step: what they cause is a step of its own.
 */
export class Releases {
  readonly #waiting: (() => void)[] = [];
  /** A step is under way. */
  isHeld = false;
  #isReleasing = false;
  readonly #isReplay: boolean;
  /** Told when all are out. */
  whenOut: () => void = () => undefined;

  /** @param isReplay of steps that were taken once before nothing is let out */
  constructor(isReplay = false) {
    this.#isReplay = isReplay;
  }

  /** At once, where no step is under way. */
  add(effect: () => void): void {
    if (this.#isReplay) return;
    this.#waiting.push(effect);
    if (!this.isHeld) this.#release();
  }

  /** A step begins. */
  hold(): void {
    this.isHeld = true;
  }

  /** Lets nothing out before all of it is over. */
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

  /** The step is over: by whoever lets others out, where somebody does. */
  release(): void {
    this.isHeld = false;
    this.#release();
  }

  #release(): void {
    if (this.#isReleasing) return;
    this.#isReleasing = true;
    // What they cause joins the others.
    for (const effect of this.#waiting) {
      try {
        effect();
      } catch (thrown) {
        // Each of them is contained where it is made: this is the net below.
        process.emitWarning(describe(thrown), "CoppiceFaultWarning");
      }
    }
    this.#waiting.length = 0;
    this.#isReleasing = false;
    this.whenOut();
  }
}
