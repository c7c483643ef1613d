import type { BreakerOptions } from "../authority/circuit-breaker.ts";
import type { Prices } from "../authority/price-options.ts";
import type { RateOptions } from "../authority/rates.ts";
import type { McpServerConfig } from "../tools/mcp/mcp-config.ts";
import type { Tool } from "../tools/tool.ts";
import type { Decision, PendingApproval } from "../wire/approval.ts";
import type { Clock } from "../wire/clock.ts";
import type { JsonLike } from "../wire/json.ts";
import type { Budget, Grant, Intensity, Limits } from "../wire/spec.ts";
import type { AgentSpecs, AnySchemas } from "./agent-types.ts";

/**
 * The options of a supervisor. Every field has a default. The type parameters are inferred by
 * `Supervisor.start`: the schemas of the outputs, and the names of tools and labels.
 */
export interface SupervisorOptions<
  Schemas = AnySchemas,
  ToolName extends string = string,
  Label extends string = string,
> {
  /** Library hosts. Default: available cores. 0 hosts every agent in the calling thread. */
  readonly threads?: number;
  /**
   * Hosts that are started ahead for agents with `isolation`, so many for each kind that the
   * templates in `agents` ask for: of one level, with the same limits of memory, processor and
   * files, with a machine or without. An agent with such a host begins in a few milliseconds; each
   * is for one agent and ends with that. The first eight kinds have them. 0 to 64. Default 1.
   */
  readonly warm?: number;
  /** Limits of the whole tree. */
  readonly limits?: Limits;
  /** Budget of the whole tree; a unit left out is unlimited, 0 is none. */
  readonly budget?: Budget;
  /** Default: `tool:*`, `model:*`, `spawn:*`, `message:*`. */
  readonly grants?: readonly Grant[];
  /** Templates that can be spawned by name, also by agents. */
  readonly agents?: AgentSpecs<Schemas, ToolName, Label>;
  /**
   * Prices of models in dollars per million tokens, added to the table of Anthropic's list prices:
   * by `claude-next`, `scripted`, a module's URL, or a name that a model's `priceAs` gives.
   */
  readonly prices?: Prices;
  /** Rates of tools and models: `{ "tool:fs/*": { perSecond: 10, burst: 20 } }`. */
  readonly rates?: RateOptions;
  /**
   * The circuit breaker of each model, which all agents share: after 5 calls in a row that failed
   * for good the model is not called for 30 s, doubled by each failed probe up to 5 minutes.
   * Meanwhile its calls go to the agent's `fallback`, or fail at once with `MODEL_FAILED` and
   * `{ circuit: "open", retryAfterMs }`. False: no breaker.
   */
  readonly breaker?: BreakerOptions | false;
  readonly tools?: readonly Tool<ToolName>[];
  readonly mcpServers?: { readonly [name: string]: McpServerConfig };
  /** Decides what `ask` grants, used-up budgets and agents ask. Default: only `decide` does. */
  readonly approve?: (request: PendingApproval) => Promise<Decision> | Decision;
  /** Milliseconds after which an unanswered question is refused. Default 300_000. */
  readonly approvalTimeoutMs?: number;
  /**
   * Milliseconds between the signal to end and the kill, and the time that a thread suspected to be
   * frozen has to answer. Default 5_000.
   */
  readonly graceMs?: number;
  /**
   * Milliseconds between two heartbeats of a thread. A thread that misses three is suspect. Only
   * checks that come on time count, so that a sleeping computer, a stopped process or a debugger
   * terminates no thread. 10 to 60_000. Default 500.
   */
  readonly heartbeatMs?: number;
  /**
   * Restarts that each top-level agent may have by its own `restart` type, counted for each one.
   * Default 3 in 60_000 ms, after waits of 200 to 10_000 ms.
   */
  readonly intensity?: Intensity;
  /**
   * Megabytes of memory for the past: events, ended agents with their outcomes and conversations,
   * dead letters and large values; the oldest are dropped first. Living agents are not counted. A
   * reader that asks for events already dropped gets a `gap`. With 0 only ended children of living
   * agents are kept, up to 8 MB. At most 1_048_576. Default 64.
   */
  readonly keepMb?: number;
  /**
   * The folder whose `coppice.config.json` bounds everything started here by limits, a budget and
   * grants; other options can only tighten them. A wider bound has no effect and is reported as
   * `config.ineffective`. Default: the current folder, if it has such a file. False: none.
   */
  readonly folder?: string | false;
  /** @deprecated The former name of `folder`. */
  readonly workspace?: string | false;
  /**
   * Serves a page and a WebSocket in the format of `@statelyai/inspect` at
   * `supervisor.inspectorUrl`, on loopback and read-only. Default false. With true the port is a
   * free one (0) and the token, at least 16 of `A-Z a-z 0-9 _ -`, is random.
   */
  readonly inspect?: boolean | { readonly port?: number; readonly token?: string };
  /** Cancels the whole tree and stops the supervisor when it is aborted. */
  readonly signal?: AbortSignal;
  /** The time and the timers, for tests. Default: the system's. */
  readonly clock?: Clock;
}

/** The options of one spawn; they combine with the spec field by field, and the tighter wins. */
export interface SpawnOptions {
  readonly input?: JsonLike;
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
