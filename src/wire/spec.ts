import type { Json, JsonSchema } from "./json.ts";

/** What a budget counts. `tokens` is all input, cached included, plus output. */
export type Unit = "usd" | "tokens" | "toolCalls" | "modelCalls";

/** A ceiling for a subtree, in units. A unit left out is unlimited; 0 is none. */
export type Budget = { readonly [U in Unit]?: number } & {
  /** The most that one model call of the subtree may reserve; `maxTokens` is lowered to fit. */
  readonly perAction?: { readonly usd?: number; readonly tokens?: number };
  /** So much in each span of time; all of them apply. At most 8. */
  readonly windows?: readonly BudgetWindow[];
  /** The share of a ceiling at which `budget.warning` is told, 0 to 1. Default 0.8. */
  readonly warnAt?: number;
  readonly onExceeded?: "stop" | "ask";
};

/**
 * So much in each span of `everyMs` milliseconds, counted from the epoch: a day is one of UTC.
 * Spent in a span is what is settled in it. What does not fit is refused, with `retryAfterMs`.
 */
export type BudgetWindow = { readonly [U in Unit]?: number } & { readonly everyMs: number };

/** Bounds of a node's subtree. Each is a whole number; 0 allows none. */
export interface Limits {
  /** Levels below the node. Default 4 at the root. */
  readonly depth?: number;
  /** Agents ever started below. Default 1000 for each top-level agent. */
  readonly spawns?: number;
  /** Agents started below per second, as many at once. Default unlimited. */
  readonly spawnRate?: number;
  /** Live children of one node. Default 64 for each agent. */
  readonly children?: number;
  /** Agents at work at once. Default 64 at the root. */
  readonly concurrency?: number;
  /** Spawns that may wait for a slot. Default 10_000 at the root. */
  readonly queue?: number;
  /** User messages waiting for one agent. Default 1024. */
  readonly mailbox?: number;
  /** Model turns of one agent. Default 32. */
  readonly turns?: number;
}

/**
 * Argument of a tool to pattern, or to several of which one must match. An argument that is missing
 * matches nothing; of a list each element must match. The tool is given the value that was checked.
 *
 * - `path:/srv/docs/**`: real paths. The folder itself and all below it; `*` is within one name.
 * - `url:https://*.example.com/**`: scheme, host, port and path; query and fragment are free.
 * - `cmd:git log *`: words; `*` at the end is for further words that are no options, `-*` for
 *   options. Anything that a shell could act on is refused, quotes among it.
 * - Anything else is an exact glob over the value's text.
 */
export type Where = { readonly [argument: string]: string | readonly string[] };

/**
 * A right or its refusal: `tool:add`, `tool:fs/*`, `model:anthropic:*`, `message:/lead`.
 *
 * In one list a deny wins over an ask, and an ask over an allow; every list of the path must allow.
 * With `where` an allow needs each argument to match; a deny, and the asking of an `ask`, take one
 * that does or that cannot be read.
 */
export type Grant =
  | string
  | {
      readonly allow: string;
      readonly where?: Where;
      /** A person must allow each call. Default false. */
      readonly ask?: boolean;
      /** Calls, counted at each node that holds it; 0 is none. One without is taken first. */
      readonly uses?: number;
      /** Milliseconds from granting. */
      readonly expiresMs?: number;
      /** For the holder itself. Default true. */
      readonly use?: boolean;
      /** For what the holder spawns. Default true. */
      readonly delegate?: boolean;
    }
  | { readonly deny: string; readonly where?: Where };

/** One step of a scripted model: what it says, and what that costs. */
export interface ScriptedStep {
  readonly text?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly input: Json }[];
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
  /** Milliseconds before the answer. Default 0. */
  readonly delayMs?: number;
  /** Fails the call with `MODEL_FAILED` and this message. */
  readonly error?: string;
}

export interface AnthropicModel {
  readonly provider: "anthropic";
  readonly model: string;
  /** Most output tokens of one call. Default 8192. */
  readonly maxTokens?: number;
  readonly baseUrl?: string;
  readonly temperature?: number;
  readonly thinking?: Json;
  /** Prompt caching. Default true. */
  readonly cache?: boolean;
}

export interface ScriptedModel {
  readonly provider: "scripted";
  readonly steps: readonly ScriptedStep[];
  /** Begin again after the last step. Default false: `SCRIPT_EXHAUSTED`. */
  readonly repeat?: boolean;
  /** The model whose price its `usage` is charged at. Default: that of `scripted`, or nothing. */
  readonly priceAs?: string;
}

/**
 * A module URL (`file:`) whose default export is a model; every other field is handed to it.
 *
 * `priceAs` names the model whose price its usage is charged at. Default: that of its URL; one
 * without a price may not be used where a `usd` budget holds.
 */
export interface ModuleModel {
  readonly provider: string;
  readonly [option: string]: Json | undefined;
}

export type ModelSpec = AnthropicModel | ScriptedModel | ModuleModel;

export type RestartType = "permanent" | "transient" | "temporary";
export type Strategy = "one-for-one" | "one-for-all" | "rest-for-one";
export type Isolation = "shared" | "thread" | "process";

/** How many restarts of its children an agent allows, and how long it waits between them. */
export interface Intensity {
  readonly maxRestarts: number;
  readonly withinMs: number;
  readonly backoffMs?: number;
  readonly maxBackoffMs?: number;
}

/** What an agent is: plain data that crosses threads and can be resumed elsewhere. */
export interface AgentSpec {
  /** Last part of the path; made unique among siblings, for ever. */
  readonly name?: string;
  /** Module URL (`file:`) that default-exports an XState machine; left out: the built-in loop. */
  readonly machine?: string;
  /** `"anthropic:claude-sonnet-4-5"`, or a {@link ModelSpec}. */
  readonly model?: string | ModelSpec;
  readonly instructions?: string;
  /** What this agent's model is shown: names and globs. Grants decide. */
  readonly tools?: readonly string[];
  /** Templates this agent may spawn. */
  readonly agents?: readonly string[];
  /** Rights of this subtree. Default: what model, tools and agents imply. */
  readonly grants?: readonly Grant[];
  readonly budget?: Budget;
  readonly limits?: Limits;
  /** Default `task`. */
  readonly lifetime?: "task" | "session";
  /** Milliseconds from its start, capped by its ancestors' deadlines. */
  readonly timeoutMs?: number;
  readonly restart?: RestartType;
  readonly restartFrom?: "input" | "snapshot";
  readonly strategy?: Strategy;
  readonly intensity?: Intensity;
  readonly isolation?: Isolation;
  readonly memoryMb?: number;
  /** Structured output. */
  readonly output?: JsonSchema;
  /** Inherited; usage can be asked by label. */
  readonly labels?: { readonly [label: string]: string };
  /** Text or content blocks for the loop; anything for a machine. */
  readonly input?: Json;
}
