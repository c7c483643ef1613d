/** Twenty turns that call a tool, and one that ends the run. */
export const TOOL_TURNS = 20;
export const TURNS = TOOL_TURNS + 1;

/** One library that runs the same agent: it adds until its instant model says that it is done. */
export interface Peer extends AsyncDisposable {
  readonly name: string;
  /** One run from the first turn to the last. */
  run(): Promise<void>;
}

/** Fails the bench when a run did not do what was meant. */
export function expectRun(name: string, added: number, said: unknown): void {
  if (added !== TOOL_TURNS) throw new Error(`${name}: ${added} calls instead of ${TOOL_TURNS}`);
  if (said !== "done") throw new Error(`${name}: ended with ${JSON.stringify(said)}`);
}

export async function nothingToStop(): Promise<void> {
  // The library keeps nothing between runs.
}
