/** Twenty turns that call a tool, and one that ends the run. */
export const TOOL_TURNS = 20;
export const TURNS = TOOL_TURNS + 1;

/** One library that runs the same agent: it adds until its instant model says that it is done. */
export interface Peer extends AsyncDisposable {
  /** One run from the first turn to the last; any number of them may be under way at once. */
  run(): Promise<Ended>;
}

/** What a run says that it did. */
export interface Ended {
  readonly calls: number;
  readonly said: unknown;
}

/**
 * Whether a model that was sent so long a conversation has had all its calls answered: behind the
 * instructions and the question stand two entries for each, the call and its result.
 */
export function isDone(entries: number, before: number): boolean {
  return entries - before >= 2 * TOOL_TURNS;
}

/** Counts what the tool did, beside what the runs say of themselves. */
export class Adder {
  #added = 0;

  readonly add = (a: number, b: number): number => {
    this.#added += 1;
    return a + b;
  };

  /** Fails the bench when these runs did not do what was meant. */
  expect(runs: readonly Ended[]): void {
    const meant = runs.length * TOOL_TURNS;
    if (this.#added !== meant) throw new Error(`${this.#added} calls instead of ${meant}`);
    this.#added = 0;
    const other = runs.find(({ calls, said }) => calls !== TOOL_TURNS || said !== "done");
    if (other !== undefined) throw new Error(`a run ended otherwise: ${JSON.stringify(other)}`);
  }
}
