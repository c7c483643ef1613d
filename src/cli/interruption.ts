import type { EventEmitter } from "node:events";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/**
 * Milliseconds within which the same signal counts once: `npm run` passes a signal on a second
 * time.
 */
const SAME_MS = 300;

type Signal = (typeof SIGNALS)[number];

/**
 * Counts interrupt signals: the first cancels, every further one kills. The same signal within 300
 * ms of the last counted one does not count.
 */
export class Interruption {
  readonly #first: (signal: Signal) => void;
  readonly #again: (signal: Signal, count: number) => void;
  readonly #source: EventEmitter;
  readonly #now: () => number;
  #count = 0;
  #last: { readonly signal: Signal; readonly at: number } | undefined;

  /** @param from the source of signals, and a clock in milliseconds */
  constructor(
    on: {
      readonly first: (signal: Signal) => void;
      /** Called from the second signal on; `count` is 2 at first. */
      readonly again: (signal: Signal, count: number) => void;
    },
    from: { readonly source?: EventEmitter; readonly now?: () => number } = {},
  ) {
    this.#first = on.first;
    this.#again = on.again;
    const { source = process, now = () => performance.now() } = from;
    this.#source = source;
    this.#now = now;
    for (const signal of SIGNALS) source.on(signal, this.#heard);
  }

  /** Restores the default effect of the signals. */
  [Symbol.dispose](): void {
    for (const signal of SIGNALS) this.#source.off(signal, this.#heard);
  }

  readonly #heard = (signal: Signal): void => {
    const at = this.#now();
    if (this.#last?.signal === signal && at - this.#last.at < SAME_MS) return;
    this.#last = { signal, at };
    this.#count += 1;
    if (this.#count === 1) this.#first(signal);
    else this.#again(signal, this.#count);
  };
}
