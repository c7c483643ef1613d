import type { TreeStatus, WaitsFor } from "../supervisor/tree-node.ts";
import { addFigures, type Figures, NO_FIGURES } from "./figures.ts";

/** An open call of an agent. */
export interface OpenCall {
  readonly kind: "model" | "tool";
  /** The name of the model or of the tool. */
  readonly of: string;
}

/**
 * The state of one agent on the screen. Its figures exclude its children, so that all figures add
 * up.
 */
export interface LiveAgent {
  readonly path: string;
  readonly name: string;
  readonly parent: LiveAgent | undefined;
  readonly children: Map<string, LiveAgent>;
  /** Its position in the order of spawns. */
  readonly order: number;
  readonly calls: Map<string, OpenCall>;
  status: TreeStatus;
  waitsFor: WaitsFor | undefined;
  outcome: string | undefined;
  /** The machine's state value as words. */
  state: string;
  startedAt: number | undefined;
  endedAt: number | undefined;
  figures: Figures;
  /** The sums of children that ended long ago. */
  folded: Tally;
}

/** Counts of agents by kind, and their usage together. */
export interface Tally {
  readonly agents: number;
  readonly by: Readonly<Record<string, number>>;
  readonly figures: Figures;
}

export const NO_AGENT: Tally = { agents: 0, by: {}, figures: NO_FIGURES };

export function newAgent(path: string, parent: LiveAgent | undefined, order: number): LiveAgent {
  return {
    path,
    name: path.slice(path.lastIndexOf("/") + 1),
    parent,
    children: new Map(),
    order,
    calls: new Map(),
    status: "queued",
    waitsFor: undefined,
    outcome: undefined,
    state: "",
    startedAt: undefined,
    endedAt: undefined,
    figures: NO_FIGURES,
    folded: NO_AGENT,
  };
}

/** Returns one word for an agent's activity: its outcome, `working`, or its status in the tree. */
export function kindOf({ status, outcome, calls, waitsFor }: LiveAgent): string {
  if (outcome !== undefined) return outcome;
  if (status === "paused" || status === "stopping" || status === "queued") return status;
  return waitsFor === undefined && calls.size > 0 ? "working" : status;
}

export function addTally(a: Tally, b: Tally): Tally {
  if (b.agents === 0) return a;
  const by: Record<string, number> = { ...a.by };
  for (const [kind, count] of Object.entries(b.by)) by[kind] = (by[kind] ?? 0) + count;
  return { agents: a.agents + b.agents, by, figures: addFigures(a.figures, b.figures) };
}

/** Returns the tally of one agent without its children. */
export function oneOf(agent: LiveAgent): Tally {
  return { agents: 1, by: { [kindOf(agent)]: 1 }, figures: agent.figures };
}
