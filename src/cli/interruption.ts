const SIGNALS = ["SIGINT", "SIGTERM"] as const;

type Signal = (typeof SIGNALS)[number];

/** Counts what asks the program to end: the first cancels, every further one kills. */
export class Interruption {
  readonly #first: (signal: Signal) => void;
  readonly #again: (signal: Signal, count: number) => void;
  #count = 0;

  constructor(on: {
    readonly first: (signal: Signal) => void;
    /** `count` is 2 when it is called first. */
    readonly again: (signal: Signal, count: number) => void;
  }) {
    this.#first = on.first;
    this.#again = on.again;
    for (const signal of SIGNALS) process.on(signal, this.#heard);
  }

  /** From here on signals do again what they do to every program. */
  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#heard);
  }

  readonly #heard = (signal: Signal): void => {
    this.#count += 1;
    if (this.#count === 1) this.#first(signal);
    else this.#again(signal, this.#count);
  };
}
