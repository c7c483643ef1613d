import type { Json } from "../wire/json.ts";
import type { Usage } from "../wire/outcome.ts";

/** One agent in the page's tree. */
export interface AgentRow {
  readonly path: string;
  readonly status: string;
  readonly outcome?: string;
  readonly state?: Json;
  readonly host?: string;
  readonly template: string;
  readonly turns: number;
  /** Usage of the agent and everything below it. */
  readonly usage: Usage;
}

/** The changes in the tree since the last message. */
export interface RowsMessage {
  readonly type: "coppice.agents";
  readonly changed: readonly AgentRow[];
  readonly gone: readonly string[];
}

/** The tree as viewers know it; only changes are sent to them. */
export class AgentRows {
  readonly #known = new Map<string, string>();

  /** Returns the changes since the last call; undefined when there are none. */
  update(rows: readonly AgentRow[]): RowsMessage | undefined {
    const changed: AgentRow[] = [];
    const gone = new Set(this.#known.keys());
    for (const row of rows) {
      gone.delete(row.path);
      const text = JSON.stringify(row);
      if (this.#known.get(row.path) === text) continue;
      this.#known.set(row.path, text);
      changed.push(row);
    }
    for (const path of gone) this.#known.delete(path);
    if (changed.length === 0 && gone.size === 0) return undefined;
    return { type: "coppice.agents", changed, gone: [...gone] };
  }

  /** Returns the tree of the last update, for a new viewer. */
  all(): RowsMessage {
    const changed = [...this.#known.values()].map((text) => JSON.parse(text) as AgentRow);
    return { type: "coppice.agents", changed, gone: [] };
  }
}
