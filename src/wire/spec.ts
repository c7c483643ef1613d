import type { Json, JsonLike, JsonSchema } from "./json.ts";
import type { TokenUsage } from "./transcript.ts";

/** The units of a budget. `tokens` is all input, cached included, plus output. */
export type Unit = "usd" | "tokens" | "toolCalls" | "modelCalls";

/** A ceiling for a subtree, in units. A unit left out is unlimited; 0 is none. */
export type Budget = { readonly [U in Unit]?: number } & {
  /** The most that one model call of the subtree may reserve; `maxTokens` is lowered to fit. */
  readonly perAction?: { readonly usd?: number; readonly tokens?: number };
  /** So much in each span of time; all of them apply. At most 8. */
  readonly windows?: readonly BudgetWindow[];
  /** The share of a ceiling at which `budget.warning` is emitted, 0 to 1. Default 0.8. */
  readonly warnAt?: number;
  readonly onExceeded?: "stop" | "ask";
};

/**
 * So much in each span of `everyMs` milliseconds, counted from the epoch: a day is one of UTC.
 * Spent in a span is what is settled in it. What does not fit is refused, with `retryAfterMs`.
 */
export type BudgetWindow = { readonly [U in Unit]?: number } & {
  readonly everyMs: number;
  /**
   * An IANA zone such as `Europe/Berlin`, beside whole days only: they then turn at its midnight,
   * whether its clocks are set that day or not, and several are counted from its 1 January 1970.
   */
  readonly timeZone?: string;
};

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
  /** User messages waiting for one agent, those it is just taking in included. Default 1024. */
  readonly mailbox?: number;
  /** Model turns of one agent. Default 32. */
  readonly turns?: number;
  /**
   * Repetitions of one turn that an agent of the loop may make: the same calls with the same
   * results. At the next one its model is warned, once; the same calls again end the agent `failed`
   * with `LOOP_DETECTED`. Default 20.
   */
  readonly repeats?: number;
  /**
   * Turns in a row in which every call of one agent of the loop may fail; one more ends it
   * `failed` with `TOO_MANY_ERRORS`. Default 16.
   */
  readonly errors?: number;
}

/**
 * Argument of a tool to pattern, or to several of which one must match. The tool is given the value
 * that was checked.
 *
 * An allow means what it says: an argument that is missing matches nothing, of a list each element
 * must match. A deny and an ask widen, since what slips by was meant to be stopped: an argument
 * that is missing, of another type or not to be read for sure matches, of a list one element is
 * enough, and letters' case makes no difference.
 *
 * - `path:/srv/docs/**`: real paths. The folder itself and all below it; `*` is within one name.
 *   Denied, a path stops all below it too; a folder above it is another path.
 * - `url:https://*.example.com/**`: scheme, host, port and path; query and fragment are free.
 *   Denied, a host stops all its ports and schemes, a path all below it.
 * - `cmd:git log *`: words; `*` at the end is for further words that are no options, `-*` for
 *   options. Anything that a shell could act on is refused, quotes among it. Denied, the words are
 *   looked for in all that the command may run: `cmd:rm *` stops `sudo /bin/rm -rf x`, `a && rm x`
 *   and `sh -c "rm x"`. What a script does inside is not seen: only an allow is a wall.
 * - Anything else is an exact glob over the value's text.
 */
export type Where = { readonly [argument: string]: string | readonly string[] };

/**
 * A right or its refusal: `tool:add`, `tool:fs/*`, `model:anthropic:*`, `message:/lead`.
 *
 * In one list a deny wins over an ask, and an ask over an allow; every list of the path must allow.
 * With `where` an allow needs each argument to match; a deny, and the asking of an `ask`, take one
 * that may: see {@link Where}. An ask gives what it asks about; a command whose options were not
 * written down needs a yes to each call, whatever is remembered.
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

/** The usage of a call as a script or a module reports it; a figure left out is 0. */
export interface SaidUsage extends Partial<TokenUsage> {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** One step of a scripted model: its answer and the usage of it. */
export interface ScriptedStep {
  readonly text?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly input: JsonLike }[];
  readonly usage?: SaidUsage;
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
  readonly [option: string]: JsonLike | undefined;
}

export type ModelSpec = AnthropicModel | ScriptedModel | ModuleModel;

export type RestartType = "permanent" | "transient" | "temporary";
export type Strategy = "one-for-one" | "one-for-all" | "rest-for-one";
export type Isolation = "shared" | "thread" | "process";

/**
 * The restarts that an agent allows its children, counted together, and the wait before each: twice
 * the last one in the window, up to the longest, less up to half by chance.
 */
export interface Intensity {
  /** With 0 the first failure is one too many. */
  readonly maxRestarts: number;
  /** The window, in milliseconds. */
  readonly withinMs: number;
  /** Before the first restart of the window. Default 200. */
  readonly backoffMs?: number;
  /** Default 10_000. */
  readonly maxBackoffMs?: number;
}

/**
 * The description of an agent: plain data that crosses threads and can be resumed elsewhere.
 * `Output` is the type of its output's schema.
 */
export interface AgentSpec<Output = JsonSchema> {
  /** Last part of the path; made unique among siblings, for ever. */
  readonly name?: string;
  /** Module URL (`file:`) that default-exports an XState machine; left out: the built-in loop. */
  readonly machine?: string;
  /** `"anthropic:claude-haiku-5-5"`, or a {@link ModelSpec}. */
  readonly model?: string | ModelSpec;
  /**
   * Models that are asked in turn when a call of `model` failed for good with `MODEL_FAILED`: for
   * the same turn, through the whole door. One that is not granted, or whose circuit is open, is
   * passed over; one that the budget refuses ends the agent `exhausted`, as any model call does.
   * A model that refuses to answer has answered. A loop cannot have a module beside a model that
   * needs a key, since they run on different hosts; a machine can.
   */
  readonly fallback?: string | ModelSpec | readonly (string | ModelSpec)[];
  readonly instructions?: string;
  /** The tools that the agent's model is shown: names and globs. Grants decide. */
  readonly tools?: readonly string[];
  /** Templates this agent may spawn. */
  readonly agents?: readonly string[];
  /**
   * Rights of this subtree. Default: what model, tools and agents imply. A list that allows
   * something has to allow these too, or the spec is refused; see {@link Grant}.
   */
  readonly grants?: readonly Grant[];
  readonly budget?: Budget;
  readonly limits?: Limits;
  /**
   * A task ends with its turn, or by it. A session lives until it is ended: of it, a turn fails
   * alone that the service refused (400, 413, 422) or whose answer is none (a refusal, a context
   * that is full). Whoever asked gets `MODEL_FAILED`; the turn is left out of what is sent next.
   * Default `task`.
   */
  readonly lifetime?: "task" | "session";
  /** Milliseconds from its start, capped by its ancestors' deadlines. */
  readonly timeoutMs?: number;
  /**
   * Restarts the agent after it has ended by itself: `permanent` always, `transient` when it failed
   * or was killed for its own fault, `temporary` never. An agent that was cancelled, exhausted or
   * timed out is never restarted. Default `temporary`; `permanent` is for background children only.
   */
  readonly restart?: RestartType;
  /**
   * The state that a restart begins from: the input, or the state before the last frame. Default
   * `input`.
   *
   * With `snapshot` the calls that the state waits for are settled: a result that had arrived is
   * delivered, the loop's model call is made again, and any other call ends with CANCELLED.
   */
  readonly restartFrom?: "input" | "snapshot";
  /** The children that are restarted together with one that failed. Default `one-for-one`. */
  readonly strategy?: Strategy;
  /** For its children. Default 3 restarts in 60_000 ms, after waits of 200 to 10_000 ms. */
  readonly intensity?: Intensity;
  /**
   * The host of the agent: shared with others (the default), a thread of its own, or a process of
   * its own, which can be ended whatever the agent does. A thread costs about 10 MB and 100 ms, a
   * process 90 MB and 300 ms; `limits.concurrency` bounds how many there are at once.
   *
   * **Gotcha** a process may not write files, start programs or threads, or load native code. It
   * sees a cancel when it reads the message, not before.
   */
  readonly isolation?: Isolation;
  /**
   * Megabytes that an agent on a host of its own may use, 32 to 1_048_576, this library included.
   * Default: Node's own limit for a thread, 512 for a process. More ends it `killed`,
   * OUT_OF_MEMORY.
   *
   * On a thread it bounds the heap and, separately, the Buffers: the thread is ended when it
   * exceeds them for 200 ms, or two and a half times them at any moment. In a process it bounds the
   * heap; the whole memory is bounded by 128 MB more, on Linux only.
   */
  readonly memoryMb?: number;
  /**
   * Seconds of processor time that the agent's process may use in one incarnation, 1 to 31_536_000,
   * about half a second of them for this library. More ends it `killed`. Default: no bound.
   */
  readonly cpuSeconds?: number;
  /**
   * Files, sockets and pipes that the agent's process may have open, 64 to 1_048_576, some 30 of
   * them for this library: the next one fails with EMFILE. Default: the system's limit.
   */
  readonly openFiles?: number;
  /** The schema of the output. Refused with OPTIONS_INVALID in this version. */
  readonly output?: Output & JsonSchema;
  /**
   * Inherited; usage can be asked by label. At most 64, with names of 1 to 128 characters without
   * `=`, and values of at most 1,024.
   */
  readonly labels?: { readonly [label: string]: string };
  /** Text or content blocks for the loop; anything for a machine. */
  readonly input?: JsonLike;
}
