import { type Clock, MAX_DELAY_MS } from "../wire/clock.ts";

/** The options of a {@link DeadlineTimer}. */
export interface DeadlineTimerOptions {
  readonly clock: Clock;
  /** Returns the time of the earliest deadline. */
  readonly next: () => number | undefined;
  readonly onDue: () => void;
}

/** A single timer for the earliest deadline of all runs. */
export class DeadlineTimer {
  readonly #options: DeadlineTimerOptions;
  #closed = false;
  #armed: { readonly at: number; readonly handle: unknown } | undefined;

  constructor(options: DeadlineTimerOptions) {
    this.#options = options;
  }

  /** Sets the timer anew if the earliest deadline has changed. */
  readonly arm = (): void => {
    const { clock, next: nextOf, onDue } = this.#options;
    const next = nextOf();
    if (this.#closed || next === this.#armed?.at) return;
    if (this.#armed !== undefined) clock.clearTimeout(this.#armed.handle);
    this.#armed = undefined;
    if (next === undefined) return;
    const delayMs = Math.min(Math.max(0, next - clock.now()), MAX_DELAY_MS);
    const handle = clock.setTimeout(() => {
      this.#armed = undefined;
      onDue();
    }, delayMs);
    this.#armed = { at: next, handle };
  };

  /** Stops the timer for good, so that it does not keep the process alive. */
  close(): void {
    this.#closed = true;
    if (this.#armed !== undefined) this.#options.clock.clearTimeout(this.#armed.handle);
    this.#armed = undefined;
  }
}
