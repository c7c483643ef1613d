import type { Json } from "../wire/json.ts";
import type { Usage } from "../wire/outcome.ts";

/** One agent as the page's tree shows it. */
export interface AgentRow {
  readonly path: string;
  readonly status: string;
  readonly outcome?: string;
  readonly state?: Json;
  readonly host?: string;
  readonly template: string;
  readonly turns: number;
  /** Of the agent and everything below it. */
  readonly usage: Usage;
}

/** What has changed in the tree since a viewer was last told. */
export interface RowsMessage {
  readonly type: "coppice.agents";
  readonly changed: readonly AgentRow[];
  readonly gone: readonly string[];
}

/** Tells viewers of the tree only what has changed. */
export class AgentRows {
  readonly #told = new Map<string, string>();

  /** Compares with what was told last; undefined when nothing has changed. */
  update(rows: readonly AgentRow[]): RowsMessage | undefined {
    const changed: AgentRow[] = [];
    const gone = new Set(this.#told.keys());
    for (const row of rows) {
      gone.delete(row.path);
      const text = JSON.stringify(row);
      if (this.#told.get(row.path) === text) continue;
      this.#told.set(row.path, text);
      changed.push(row);
    }
    for (const path of gone) this.#told.delete(path);
    if (changed.length === 0 && gone.size === 0) return undefined;
    return { type: "coppice.agents", changed, gone: [...gone] };
  }

  /** All that was told last, for a viewer that comes now. */
  all(): RowsMessage {
    const changed = [...this.#told.values()].map((text) => JSON.parse(text) as AgentRow);
    return { type: "coppice.agents", changed, gone: [] };
  }
}
