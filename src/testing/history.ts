import { noTokens } from "../models/token-usage.ts";
import type { RuntimeEvent } from "../wire/event.ts";
import type { TokenUsage } from "../wire/transcript.ts";

/** What the events so far say of one agent. */
export interface AgentHistory {
  readonly path: string;
  readonly spawnedAt: number;
  /** What had passed by then, in milliseconds of the simulation's clock. */
  readonly spawnedMs: number;
  /** Where it was started or moved to last. */
  host: string | undefined;
  /** How often it was begun anew after a failure. */
  restarts: number;
  /** Another than the first where its parent began anew: the one before is in `former`. */
  readonly incarnation: number;
  /** The `seq` of its one outcome. */
  stoppedAt: number | undefined;
  /** Calls of its own that were started. */
  toolCalls: number;
  modelCalls: number;
}

/** What the events so far say of one tool call. */
export interface CallHistory {
  readonly path: string;
  readonly tool: string;
  started: number;
  finished: number;
  /** How often the tool itself was run. */
  executed: number;
}

/** All that has happened in a simulation, for invariants to look at. */
export interface Past {
  /** Every agent that was ever spawned, by its path; the last one where there were several. */
  readonly agents: ReadonlyMap<string, Readonly<AgentHistory>>;
  /** Every tool call that was ever started, by its id. */
  readonly toolCalls: ReadonlyMap<string, Readonly<CallHistory>>;
  /** The `seq` of the last fact. */
  readonly last: number;
  /** True where a cancel has closed the path or something above it. */
  isClosed(path: string): boolean;
}

/** Gathers it, from events and from the tools themselves. */
export class History implements Past {
  readonly agents = new Map<string, AgentHistory>();
  /** Those whose path has another agent by now. */
  readonly former: AgentHistory[] = [];
  readonly toolCalls = new Map<string, CallHistory>();
  /** Model calls that have been started and not finished, by their ids. */
  readonly modelCalls = new Map<string, number>();
  /** What the ends of model calls have told that was charged: nano-dollars and tokens. */
  readonly charged: [nanoUsd: number, tokens: number] = [0, 0];
  /** Calls under way that needed more than was left, and what they were charged at their end. */
  readonly overdrawn = new Set<string>();
  readonly overdrafts: { readonly path: string; readonly charged: readonly number[] }[] = [];
  /** When somebody's failure had agents begun anew, by who supervises them; the newest last. */
  readonly restarts = new Map<string, number[]>();
  /** Subtrees that a cancel has closed, until they are begun anew. */
  readonly closed = new Set<string>();
  last = 0;

  /** All that were ever spawned at or below an agent, as long as that one is its path's. */
  *below(top: string): Generator<AgentHistory> {
    const since = this.agents.get(top)?.spawnedAt ?? 0;
    for (const agent of [...this.former, ...this.agents.values()]) {
      if (agent.spawnedAt >= since && isAtOrBelow(agent.path, top)) yield agent;
    }
  }

  isClosed(path: string): boolean {
    for (const top of this.closed) if (isAtOrBelow(path, top)) return true;
    return false;
  }

  /** @param now what has passed, in milliseconds: the date of the event may have jumped */
  add(event: RuntimeEvent, now: number): void {
    if (event.seq !== undefined) this.last = event.seq;
    const { type, path } = event;
    const agent = this.agents.get(path);
    switch (type) {
      case "agent.spawned":
        if (agent !== undefined) this.former.push(agent);
        this.closed.delete(path);
        this.restarts.delete(path);
        this.agents.set(path, {
          path,
          incarnation: Number(event.incarnation),
          spawnedAt: this.last,
          spawnedMs: now,
          host: undefined,
          restarts: 0,
          stoppedAt: undefined,
          toolCalls: 0,
          modelCalls: 0,
        });
        break;
      case "agent.started":
        if (agent !== undefined) agent.host = String(event.host);
        break;
      case "agent.moved":
        if (agent !== undefined) agent.host = String(event.to);
        break;
      case "agent.restarted":
        if (agent !== undefined) agent.restarts += 1;
        this.closed.delete(path);
        // A supervisor that begins anew counts anew.
        this.restarts.delete(path);
        this.#countRestart(event, now);
        break;
      case "agent.stopped":
        if (agent !== undefined) agent.stoppedAt = this.last;
        this.#forgetRestarts(event);
        break;
      case "cancel.closed":
        this.closed.add(path);
        break;
      case "tool.started":
        if (agent !== undefined) agent.toolCalls += 1;
        this.#call(event).started += 1;
        break;
      case "tool.finished":
        // What a person stood in for never began.
        if (event.standIn === true) this.#call(event).started += 1;
        this.#call(event).finished += 1;
        break;
      case "model.started":
        // Asked for once more, it is the same call.
        if (agent !== undefined && event.attempt === undefined) agent.modelCalls += 1;
        this.#countModel(event, 1);
        break;
      case "model.finished":
        this.#countModel(event, -1);
        this.#charge(event);
        break;
      case "budget.refused":
        if (this.modelCalls.has(String(event.callId))) this.overdrawn.add(String(event.callId));
        break;
      default:
    }
  }

  /** A tool was run for a call. */
  execute(callId: string): void {
    const call = this.toolCalls.get(callId);
    if (call !== undefined) call.executed += 1;
  }

  #call({ callId, path, tool }: RuntimeEvent): CallHistory {
    const id = String(callId);
    let call = this.toolCalls.get(id);
    if (call === undefined) {
      call = { path, tool: String(tool), started: 0, finished: 0, executed: 0 };
      this.toolCalls.set(id, call);
    }
    return call;
  }

  /** Whoever has given up on its children counts from none again. */
  #forgetRestarts({ path, outcome }: RuntimeEvent): void {
    const { error } = outcome as { readonly error?: { readonly code: string } };
    if (error?.code === "RESTART_INTENSITY_EXCEEDED") this.restarts.delete(keeperOf(path));
  }

  /** Those that come back together count once: for the one that failed. */
  #countRestart({ path, cause }: RuntimeEvent, now: number): void {
    if ((cause as { readonly path?: string } | undefined)?.path !== path) return;
    const keeper = keeperOf(path);
    const times = this.restarts.get(keeper) ?? [];
    times.push(now);
    this.restarts.set(keeper, times);
  }

  #charge({ path, callId, usd, usage }: RuntimeEvent): void {
    const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = {
      ...noTokens,
      ...(usage as Partial<TokenUsage> | undefined),
    };
    const nanoUsd = Math.round(Number(usd ?? 0) * 1e9);
    const tokens = inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens;
    this.charged[0] += nanoUsd;
    this.charged[1] += tokens;
    if (this.overdrawn.delete(String(callId))) {
      this.overdrafts.push({ path, charged: [nanoUsd, tokens] });
    }
  }

  #countModel({ callId }: RuntimeEvent, by: 1 | -1): void {
    const id = String(callId);
    const open = (this.modelCalls.get(id) ?? 0) + by;
    if (open === 0) this.modelCalls.delete(id);
    else this.modelCalls.set(id, open);
  }
}

/** Who counts the restarts of an agent: its parent, or, at the top level, itself. */
export function keeperOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || `${path}*`;
}

/** True for the path itself and everything below it. */
export function isAtOrBelow(path: string, top: string): boolean {
  return path === top || top === "/" || path.startsWith(`${top}/`);
}
