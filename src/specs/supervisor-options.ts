import type { BreakerOptions } from "../authority/circuit-breaker.ts";
import type { Prices } from "../authority/price-options.ts";
import type { RateOptions } from "../authority/rates.ts";
import type { McpServerConfig } from "../tools/mcp/mcp-config.ts";
import type { Tool } from "../tools/tool.ts";
import type { Decision, PendingApproval } from "../wire/approval.ts";
import type { Clock } from "../wire/clock.ts";
import type { Json } from "../wire/json.ts";
import type { AgentSpec, Budget, Grant, Intensity, Limits } from "../wire/spec.ts";

/** How a supervisor is started. Every field has a default. */
export interface SupervisorOptions {
  /** Library hosts. Default: available cores. 0 hosts every agent in the calling thread. */
  readonly threads?: number;
  /** Of the whole tree. */
  readonly limits?: Limits;
  /** Of the whole tree; a unit left out is unlimited, 0 is none. */
  readonly budget?: Budget;
  /** Default: `tool:*`, `model:*`, `spawn:*`, `message:*`. */
  readonly grants?: readonly Grant[];
  /** Templates that can be spawned by name, also by agents. */
  readonly agents?: { readonly [name: string]: AgentSpec };
  /**
   * What models cost, in dollars per million tokens, over the table of Anthropic's list prices: by
   * `claude-next`, `scripted`, a module's URL, or a name that a model's `priceAs` gives.
   */
  readonly prices?: Prices;
  /** How often tools and models may begin: `{ "tool:fs/*": { perSecond: 10, burst: 20 } }`. */
  readonly rates?: RateOptions;
  /**
   * When a model that keeps failing is left alone, for all agents: after 5 calls in a row that
   * failed for good, for 30 s, doubled by each failed probe up to 5 minutes. Meanwhile its calls go
   * to the agent's `fallback`, or fail at once with `MODEL_FAILED` and
   * `{ circuit: "open", retryAfterMs }`. False: never.
   */
  readonly breaker?: BreakerOptions | false;
  readonly tools?: readonly Tool[];
  readonly mcpServers?: { readonly [name: string]: McpServerConfig };
  /** Decides what `ask` grants, used-up budgets and agents ask. Default: only `decide` does. */
  readonly approve?: (request: PendingApproval) => Promise<Decision> | Decision;
  /** Milliseconds after which a question that nobody answered is refused. Default 300_000. */
  readonly approvalTimeoutMs?: number;
  /**
   * Milliseconds between being signalled and being killed, and for which a thread that is
   * suspected to be frozen may still answer. Default 5_000.
   */
  readonly graceMs?: number;
  /**
   * Milliseconds between two looks at whether a thread still answers. One that misses three of
   * them is suspect; only looks that come on time count, so that a sleeping computer, a stopped
   * process or a debugger terminates nobody. 10 to 60_000. Default 500.
   */
  readonly heartbeatMs?: number;
  /**
   * How often each top-level agent may be restarted by its own `restart` type, counted for each
   * by itself. Default 3 in 60_000 ms, after waits of 200 to 10_000 ms.
   */
  readonly intensity?: Intensity;
  /**
   * Megabytes for what is kept in memory of the past, all of it together: events, agents that have
   * ended with their outcomes and conversations, dead letters, and large values; the oldest goes
   * first. What lives is not counted. A reader of events who comes too late gets a `gap`. With 0
   * nothing is kept but children, up to 8 MB, of agents that live and may yet wait for them. At
   * most 1_048_576. Default 64.
   */
  readonly keepMb?: number;
  /**
   * The folder whose `coppice.config.json` bounds everything started here: limits, a budget and
   * grants, which all that is said elsewhere can only tighten. Default: the current folder, where
   * there is such a file. A wider bound elsewhere has no effect, and is told as
   * `config.ineffective`. False: none.
   */
  readonly folder?: string | false;
  /** @deprecated The former name of `folder`. */
  readonly workspace?: string | false;
  /**
   * Shows the swarm to whoever knows `supervisor.inspectorUrl`: a page, and a WebSocket in the
   * format of `@statelyai/inspect`. On loopback, read-only. Default false; with true the port is
   * any that is free (0) and the token, at least 16 of `A-Z a-z 0-9 _ -`, is random.
   */
  readonly inspect?: boolean | { readonly port?: number; readonly token?: string };
  /** Cancels the whole tree and stops. */
  readonly signal?: AbortSignal;
  /** The time and the timers, for tests. Default: the system's. */
  readonly clock?: Clock;
}

/** How one agent is spawned; combines with its spec field by field, the tighter wins. */
export interface SpawnOptions {
  readonly input?: Json;
  /** The exact last part of the path; NAME_INVALID when it was used before. */
  readonly name?: string;
  /** Cancels the agent and everything below it. */
  readonly signal?: AbortSignal;
  readonly budget?: Budget;
  readonly limits?: Limits;
  readonly tools?: readonly string[];
  readonly grants?: readonly Grant[];
  readonly labels?: { readonly [label: string]: string };
  /** Milliseconds from its start. */
  readonly timeoutMs?: number;
}
