import type { EventEmitter } from "node:events";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** What `npm run` hands on as well comes twice within this time, in milliseconds. */
const SAME_MS = 300;

type Signal = (typeof SIGNALS)[number];

/**
 * Counts what asks the program to end: the first cancels, every further one kills. The same signal
 * within 300 ms of the one that was counted is that one once more.
 */
export class Interruption {
  readonly #first: (signal: Signal) => void;
  readonly #again: (signal: Signal, count: number) => void;
  readonly #source: EventEmitter;
  readonly #now: () => number;
  #count = 0;
  #last: { readonly signal: Signal; readonly at: number } | undefined;

  /** @param from where signals come from, and what has passed, in milliseconds */
  constructor(
    on: {
      readonly first: (signal: Signal) => void;
      /** `count` is 2 when it is called first. */
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

  /** From here on signals do again what they do to every program. */
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
