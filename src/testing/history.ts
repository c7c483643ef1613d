import { noTokens } from "../models/token-usage.ts";
import type { AnyEvent } from "../wire/event.ts";
import type { TokenUsage } from "../wire/transcript.ts";

/** The history of one agent, from the events so far. */
export interface AgentHistory {
  readonly path: string;
  readonly spawnedAt: number;
  /** The time of its spawn, in milliseconds of the simulation's clock. */
  readonly spawnedMs: number;
  /** The host on which it was started or to which it was moved last. */
  host: string | undefined;
  /** The number of its restarts. */
  restarts: number;
  /**
   * The incarnation at its spawn; above 1 after a restart of its parent, and `former` has the one
   * before.
   */
  readonly incarnation: number;
  /** The `seq` of its one outcome. */
  stoppedAt: number | undefined;
  /** Tool calls that the agent itself has started. */
  toolCalls: number;
  modelCalls: number;
}

/** The history of one tool call, from the events so far. */
export interface CallHistory {
  readonly path: string;
  readonly tool: string;
  started: number;
  finished: number;
  /** The number of times that the tool itself was run. */
  executed: number;
}

/** The history of a simulation, for invariants to check. */
export interface Past {
  /** Every agent that was ever spawned, by its path; of several at one path, the last. */
  readonly agents: ReadonlyMap<string, Readonly<AgentHistory>>;
  /** Every tool call that was ever started, by its id. */
  readonly toolCalls: ReadonlyMap<string, Readonly<CallHistory>>;
  /** The `seq` of the last fact. */
  readonly last: number;
  /** True when a cancel has closed the path or an ancestor. */
  isClosed(path: string): boolean;
}

/** Builds the history from events and from the runs of tools. */
export class History implements Past {
  readonly agents = new Map<string, AgentHistory>();
  /** Agents whose path belongs to a later agent. */
  readonly former: AgentHistory[] = [];
  readonly toolCalls = new Map<string, CallHistory>();
  /** Model calls that were started and not finished, by their ids. */
  readonly modelCalls = new Map<string, number>();
  /** The sum of all charges that ended model calls report: nano-dollars and tokens. */
  readonly charged: [nanoUsd: number, tokens: number] = [0, 0];
  /** Open calls that needed more than was left; `overdrafts` has their charges once they ended. */
  readonly overdrawn = new Set<string>();
  readonly overdrafts: { readonly path: string; readonly charged: readonly number[] }[] = [];
  /** The times of restarts after failures, by the supervising agent; the newest last. */
  readonly restarts = new Map<string, number[]>();
  /** Subtrees that a cancel has closed, until they are restarted. */
  readonly closed = new Set<string>();
  last = 0;

  /**
   * Yields all agents ever spawned at or below an agent, for as long as that agent has its path.
   */
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

  /**
   * @param now the time of the simulation's clock in milliseconds; the event's own time may jump
   */
  add(event: AnyEvent, now: number): void {
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
        // A restarted supervisor counts from zero.
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
        // A call that a person answered in the tool's place has no start event.
        if (event.standIn === true) this.#call(event).started += 1;
        this.#call(event).finished += 1;
        break;
      case "model.started":
        // A retry is the same call.
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

  /** Notes that a tool was run for a call. */
  execute(callId: string): void {
    const call = this.toolCalls.get(callId);
    if (call !== undefined) call.executed += 1;
  }

  #call({ callId, path, tool }: AnyEvent): CallHistory {
    const id = String(callId);
    let call = this.toolCalls.get(id);
    if (call === undefined) {
      call = { path, tool: String(tool), started: 0, finished: 0, executed: 0 };
      this.toolCalls.set(id, call);
    }
    return call;
  }

  /** Resets the count of a supervisor that has given up on its children. */
  #forgetRestarts({ path, outcome }: AnyEvent): void {
    const { error } = outcome as { readonly error?: { readonly code: string } };
    if (error?.code === "RESTART_INTENSITY_EXCEEDED") this.restarts.delete(keeperOf(path));
  }

  /** Counts one restart for a group that restarts together: that of the agent that failed. */
  #countRestart({ path, cause }: AnyEvent, now: number): void {
    if ((cause as { readonly path?: string } | undefined)?.path !== path) return;
    const keeper = keeperOf(path);
    const times = this.restarts.get(keeper) ?? [];
    times.push(now);
    this.restarts.set(keeper, times);
  }

  #charge({ path, callId, usd, usage }: AnyEvent): void {
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

  #countModel({ callId }: AnyEvent, by: 1 | -1): void {
    const id = String(callId);
    const open = (this.modelCalls.get(id) ?? 0) + by;
    if (open === 0) this.modelCalls.delete(id);
    else this.modelCalls.set(id, open);
  }
}

/**
 * Returns the key under which an agent's restarts are counted: its parent's path, or at the top
 * level a key of its own.
 */
export function keeperOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || `${path}*`;
}

/** True for the path itself and everything below it. */
export function isAtOrBelow(path: string, top: string): boolean {
  return path === top || top === "/" || path.startsWith(`${top}/`);
}
