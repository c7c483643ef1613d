import type { EventType, Json, RuntimeEvent } from "../index.ts";
import type { TreeNode } from "../supervisor/tree-node.ts";
import { addFigures, type Figures, NO_FIGURES } from "./figures.ts";
import { addTally, type LiveAgent, newAgent, oneOf } from "./live-agent.ts";
import { oneLine } from "./visible.ts";

/** Ended agents with a line of their own; the oldest are kept as sums at their parent. */
const ENDED_KEPT = 2_000;

type Apply = (tree: LiveTree, agent: LiveAgent, event: RuntimeEvent) => void;

/** What each event changes; the others change nothing that is shown in the tree. */
const table: { readonly [Type in EventType]?: Apply } = {
  "agent.spawned": (tree, agent) => tree.begin(agent),
  "agent.started": (_, agent, { at }) => {
    agent.status = "running";
    agent.startedAt ??= at;
  },
  "agent.state": (_, agent, { state }) => {
    agent.state = stateWords(state);
  },
  "agent.stopped": (tree, agent, { at, outcome }) => {
    const { status } = outcome as { readonly status: string };
    tree.end(agent, status, at);
  },
  "model.started": (tree, agent, { callId, model, attempt }) => {
    const of = oneLine(String(model));
    agent.calls.set(String(callId), { kind: "model", of });
    // Asked for once more, it is the same call.
    if (attempt === undefined) tree.count(agent, { modelCalls: 1 }, of);
  },
  "model.finished": (tree, agent, event) => {
    const call = agent.calls.get(String(event.callId));
    agent.calls.delete(String(event.callId));
    tree.count(agent, used(event), call?.of);
  },
  "tool.started": (tree, agent, { callId, tool }) => {
    agent.calls.set(String(callId), { kind: "tool", of: oneLine(String(tool)) });
    tree.count(agent, { toolCalls: 1 });
  },
  "tool.finished": (_, agent, { callId }) => void agent.calls.delete(String(callId)),
};

/** The tree of agents as the events tell it, with what each of them has used. */
export class LiveTree {
  readonly root = newAgent("/", undefined, 0);
  /** By the model's name. */
  readonly models = new Map<string, Figures>();
  readonly #agents = new Map<string, LiveAgent>([["/", this.root]]);
  readonly #ended: LiveAgent[] = [];
  #spawned = 0;
  #from: number | undefined;

  /** When the first thing happened, by the clock of `performance.now`. */
  get from(): number {
    return this.#from ?? performance.now();
  }

  apply(event: RuntimeEvent): void {
    this.#from ??= event.at;
    const apply = table[event.type];
    if (apply !== undefined && event.path !== "/") apply(this, this.#at(event.path), event);
  }

  /** Takes over what no event says: who waits for what, who is paused, what a gap has hidden. */
  look({ path, status, waitsFor, outcome, state, children }: TreeNode, now: number): void {
    for (const child of children) this.look(child, now);
    // An agent that was folded away stays so.
    const agent = this.#agents.get(path) ?? (status === "stopped" ? undefined : this.#at(path));
    if (agent === undefined || path === "/") return;
    if (agent.outcome === undefined) agent.status = status;
    agent.waitsFor = waitsFor;
    if (status !== "queued" && status !== "paused") agent.startedAt ??= now;
    if (state !== undefined) agent.state = stateWords(state);
    if (outcome !== undefined && agent.outcome === undefined) this.end(agent, outcome, now);
  }

  /** One whose parent began anew has the place of the one before it, and what that has used. */
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
    if (this.#ended.length > ENDED_KEPT) this.#fold(this.#ended.shift() as LiveAgent);
  }

  count(agent: LiveAgent, more: Partial<Figures>, model?: string): void {
    agent.figures = addFigures(agent.figures, more);
    if (model === undefined) return;
    this.models.set(model, addFigures(this.models.get(model) ?? NO_FIGURES, more));
  }

  /** Its children ended before it and so are folded already. */
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

function used({ usage, usd }: RuntimeEvent): Partial<Figures> {
  const tokens = (usage ?? {}) as { readonly [name: string]: number | undefined };
  const { inputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0, outputTokens = 0 } = tokens;
  return {
    inputTokens: inputTokens + cacheReadTokens + cacheWriteTokens,
    cachedTokens: cacheReadTokens,
    outputTokens,
    usd: Number(usd ?? 0),
  };
}

/** `{ a: "b" }` is `a.b`; parallel regions stand beside each other. */
function stateWords(value: Json | undefined): string {
  if (typeof value === "string") return oneLine(value);
  if (typeof value !== "object" || value === null) return "";
  return Object.entries(value)
    .map(([name, below]) => [oneLine(name), stateWords(below)].filter(Boolean).join("."))
    .join(" ");
}
