import type { Skipped } from "./mcp-list.ts";

/** The most problems of results that are remembered; the first reported is forgotten first. */
const MAX_KNOWN = 1_000;

/** Reports each item left out once. */
export class NewSkips {
  readonly #tell: (skipped: Skipped) => void;
  #ofList: ReadonlySet<string> = new Set();
  #tools: ReadonlySet<string | undefined> = new Set();
  readonly #ofResults = new Set<string>();

  constructor(tell: (skipped: Skipped) => void) {
    this.#tell = tell;
  }

  /** Reports the items left out of a list, except those left out of the list before it. */
  ofList(skipped: readonly Skipped[]): void {
    const before = this.#ofList;
    this.#ofList = new Set(skipped.map(keyOf));
    this.#tools = new Set(skipped.map(({ tool }) => tool));
    for (const one of skipped) if (!before.has(keyOf(one))) this.#tell(one);
  }

  /** True when a tool of this name was left out of the last list. */
  hasOfList(tool: string): boolean {
    return this.#tools.has(tool);
  }

  ofResult(skipped: Skipped): void {
    const key = keyOf(skipped);
    if (this.#ofResults.has(key)) return;
    this.#ofResults.add(key);
    if (this.#ofResults.size > MAX_KNOWN) {
      this.#ofResults.delete(this.#ofResults.values().next().value as string);
    }
    this.#tell(skipped);
  }
}

function keyOf({ tool, reason }: Skipped): string {
  return JSON.stringify([tool, reason]);
}
