import { type Clock, LONGEST_DELAY_MS } from "../wire/clock.ts";

export interface DeadlineTimerOptions {
  readonly clock: Clock;
  /** When the next thing is due. */
  readonly next: () => number | undefined;
  readonly onDue: () => void;
}

/** One timer for the earliest deadline of the whole tree. */
export class DeadlineTimer {
  readonly #options: DeadlineTimerOptions;
  #closed = false;
  #armed: { readonly at: number; readonly handle: unknown } | undefined;

  constructor(options: DeadlineTimerOptions) {
    this.#options = options;
  }

  /** What is due next may have changed. */
  readonly arm = (): void => {
    const { clock, next: nextOf, onDue } = this.#options;
    const next = nextOf();
    if (this.#closed || next === this.#armed?.at) return;
    if (this.#armed !== undefined) clock.clearTimeout(this.#armed.handle);
    this.#armed = undefined;
    if (next === undefined) return;
    const delayMs = Math.min(Math.max(0, next - clock.now()), LONGEST_DELAY_MS);
    const handle = clock.setTimeout(() => {
      this.#armed = undefined;
      onDue();
    }, delayMs);
    this.#armed = { at: next, handle };
  };

  /** For good, so that nothing keeps the process alive. */
  close(): void {
    this.#closed = true;
    if (this.#armed !== undefined) this.#options.clock.clearTimeout(this.#armed.handle);
    this.#armed = undefined;
  }
}
