import type { EventOf, EventType, Json, RuntimeEvent } from "../index.ts";
import { oneLine } from "../log/visible.ts";
import type { TreeNode } from "../supervisor/tree-node.ts";
import { addFigures, type Figures, NO_FIGURES } from "./figures.ts";
import { addTally, type LiveAgent, newAgent, oneOf } from "./live-agent.ts";

/**
 * The most ended agents with a line of their own; the oldest are folded into sums at their parent.
 */
const MAX_KEPT_ENDED = 2_000;

type Apply<Event> = (tree: LiveTree, agent: LiveAgent, event: Event) => void;

/** The effect of each event on the tree; events without an entry change nothing that is shown. */
const table: { readonly [Type in EventType]?: Apply<EventOf<Type>> } = {
  "agent.spawned": (tree, agent) => tree.begin(agent),
  "agent.started": (_, agent, { at }) => {
    agent.status = "running";
    agent.startedAt ??= at;
  },
  "agent.state": (_, agent, { state }) => {
    agent.state = stateWords(state);
  },
  "agent.stopped": (tree, agent, { at, outcome }) => {
    tree.end(agent, outcome.status, at);
  },
  "model.started": (tree, agent, { callId, model, attempt }) => {
    const of = oneLine(model);
    agent.calls.set(callId, { kind: "model", of });
    // A retry is the same call.
    if (attempt === undefined) tree.count(agent, { modelCalls: 1 }, of);
  },
  "model.finished": (tree, agent, event) => {
    const call = agent.calls.get(event.callId);
    agent.calls.delete(event.callId);
    tree.count(agent, used(event), call?.of);
  },
  "tool.started": (tree, agent, { callId, tool }) => {
    agent.calls.set(callId, { kind: "tool", of: oneLine(tool) });
    tree.count(agent, { toolCalls: 1 });
  },
  "tool.finished": (_, agent, { callId }) => void agent.calls.delete(callId),
};

/** The tree of agents built from events, with the usage of each agent. */
export class LiveTree {
  readonly root = newAgent("/", undefined, 0);
  /** Usage by the name of the model. */
  readonly models = new Map<string, Figures>();
  readonly #agents = new Map<string, LiveAgent>([["/", this.root]]);
  readonly #ended: LiveAgent[] = [];
  #spawned = 0;
  #from: number | undefined;

  /** Returns the time of the first event, by the clock of `performance.now`. */
  get from(): number {
    return this.#from ?? performance.now();
  }

  apply(event: RuntimeEvent): void {
    this.#from ??= event.at;
    const apply = table[event.type] as Apply<RuntimeEvent> | undefined;
    if (apply !== undefined && event.path !== "/") apply(this, this.#at(event.path), event);
  }

  /**
   * Takes over state that no event carries: what agents wait for, which are paused, and what a gap
   * in the events has hidden.
   */
  look({ path, status, waitsFor, outcome, state, children }: TreeNode, now: number): void {
    for (const child of children) this.look(child, now);
    // A stopped agent that was folded is not added again.
    const agent = this.#agents.get(path) ?? (status === "stopped" ? undefined : this.#at(path));
    if (agent === undefined || path === "/") return;
    if (agent.outcome === undefined) agent.status = status;
    agent.waitsFor = waitsFor;
    if (status !== "queued" && status !== "paused") agent.startedAt ??= now;
    if (state !== undefined) agent.state = stateWords(state);
    if (outcome !== undefined && agent.outcome === undefined) this.end(agent, outcome, now);
  }

  /**
   * Begins an agent again under its path after its parent restarted; its earlier usage stays
   * counted.
   */
  begin(agent: LiveAgent): void {
    if (agent.outcome === undefined) return;
    this.#ended.splice(this.#ended.indexOf(agent), 1);
    const fresh = { outcome: undefined, startedAt: undefined, endedAt: undefined, state: "" };
    Object.assign(agent, fresh, { status: "queued" });
  }

  end(agent: LiveAgent, outcome: string, at: number): void {
    if (agent.outcome !== undefined) return;
    Object.assign(agent, { status: "stopped", outcome, endedAt: at, waitsFor: undefined });
    agent.calls.clear();
    this.#ended.push(agent);
    if (this.#ended.length > MAX_KEPT_ENDED) this.#fold(this.#ended.shift() as LiveAgent);
  }

  count(agent: LiveAgent, more: Partial<Figures>, model?: string): void {
    agent.figures = addFigures(agent.figures, more);
    if (model === undefined) return;
    this.models.set(model, addFigures(this.models.get(model) ?? NO_FIGURES, more));
  }

  /** Folds an agent into its parent; its children ended earlier and are folded already. */
  #fold(agent: LiveAgent): void {
    const { parent, path, name } = agent;
    if (parent === undefined) return;
    parent.folded = addTally(parent.folded, addTally(oneOf(agent), agent.folded));
    parent.children.delete(name);
    this.#agents.delete(path);
  }

  #at(path: string): LiveAgent {
    const known = this.#agents.get(path);
    if (known !== undefined) return known;
    const parent = this.#at(path.slice(0, path.lastIndexOf("/")) || "/");
    this.#spawned += 1;
    const agent = newAgent(path, parent, this.#spawned);
    parent.children.set(agent.name, agent);
    this.#agents.set(path, agent);
    return agent;
  }
}

function used({ usage, usd = 0 }: EventOf<"model.finished">): Partial<Figures> {
  const {
    inputTokens = 0,
    cacheReadTokens = 0,
    cacheWriteTokens = 0,
    outputTokens = 0,
  } = usage ?? {};
  return {
    inputTokens: inputTokens + cacheReadTokens + cacheWriteTokens,
    cachedTokens: cacheReadTokens,
    outputTokens,
    usd,
  };
}

/**
 * Formats a state value: `{ a: "b" }` is `a.b`; parallel regions follow each other after a space.
 */
function stateWords(value: Json | undefined): string {
  if (typeof value === "string") return oneLine(value);
  if (typeof value !== "object" || value === null) return "";
  return Object.entries(value)
    .map(([name, below]) => [oneLine(name), stateWords(below)].filter(Boolean).join("."))
    .join(" ");
}
