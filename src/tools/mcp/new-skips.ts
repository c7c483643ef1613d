import type { Skipped } from "./mcp-list.ts";

/** Of results, whose oddities are known; the one that was told first is forgotten first. */
const MOST_KNOWN = 1_000;

/** Tells of what is left out only what has not been told yet. */
export class NewSkips {
  readonly #tell: (skipped: Skipped) => void;
  #ofList: ReadonlySet<string> = new Set();
  #tools: ReadonlySet<string | undefined> = new Set();
  readonly #ofResults = new Set<string>();

  constructor(tell: (skipped: Skipped) => void) {
    this.#tell = tell;
  }

  /** All that is left out of a list: what was left out of the one before it is known. */
  ofList(skipped: readonly Skipped[]): void {
    const before = this.#ofList;
    this.#ofList = new Set(skipped.map(keyOf));
    this.#tools = new Set(skipped.map(({ tool }) => tool));
    for (const one of skipped) if (!before.has(keyOf(one))) this.#tell(one);
  }

  /** Whether a tool of this name was left out of the last list. */
  hasOfList(tool: string): boolean {
    return this.#tools.has(tool);
  }

  ofResult(skipped: Skipped): void {
    const key = keyOf(skipped);
    if (this.#ofResults.has(key)) return;
    this.#ofResults.add(key);
    if (this.#ofResults.size > MOST_KNOWN) {
      this.#ofResults.delete(this.#ofResults.values().next().value as string);
    }
    this.#tell(skipped);
  }
}

function keyOf({ tool, reason }: Skipped): string {
  return JSON.stringify([tool, reason]);
}
