import type { Change } from "./change.ts";
import type { InspectionNote } from "./inspection.ts";
import type { Json } from "./json.ts";
import type { WireError } from "./outcome.ts";
import type { PrintNote } from "./printed.ts";
import type { Unit } from "./spec.ts";
import type { Block, TokenUsage, TurnMessage } from "./transcript.ts";

/** An armed `after` timer of a machine, by its XState id; `dueMs` counts from this frame. */
export interface Timer {
  readonly id: string;
  readonly dueMs: number;
  /** The event that XState needs to schedule it again, as plain data. */
  readonly event: Json;
}

/** The most state values of one frame, the last included. */
export const MAX_STATES = 100;
/** The most events that a machine emits in one frame. */
export const MAX_EMITTED = 100;

/**
 * A command: a request or report of an agent. The closed union of everything that leaves a host.
 */
export type Command =
  /**
   * A tool call. `tool` is the subject (`fs/read`), or the model's own name for an unknown tool.
   */
  | { readonly type: "tool"; readonly callId: string; readonly tool: string; readonly input: Json }
  | ModelCommand
  /** The end of a model call on its host, which settles the reservation of `callId`. */
  | {
      readonly type: "model.done";
      readonly callId: string;
      readonly usage: TokenUsage;
      /** True when the stream broke before its final usage: `usage` has the known part. */
      readonly partial?: boolean;
      readonly stopReason?: string;
      readonly error?: WireError;
      /** Set when the same model is called once more: that command follows in the same frame. */
      readonly again?: NextAttempt;
    }
  /** A service reports that the prompt is longer than was reserved. */
  | { readonly type: "model.grew"; readonly callId: string; readonly usage: TokenUsage }
  | {
      readonly type: "model.retried";
      readonly callId: string;
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: WireError;
    }
  | {
      readonly type: "spawn";
      readonly callId: string;
      readonly agent: string;
      readonly input: Json;
      readonly name?: string;
      /**
       * False: the child's outcome is the call's result. True: the result is that it was accepted.
       */
      readonly background: boolean;
    }
  | {
      readonly type: "send";
      readonly callId: string;
      readonly to: string;
      readonly message: Json;
      /** Set by the kernel for a `tell`, of which only a refusal is reported. */
      readonly isTell?: true;
    }
  /** Sends a message without a call: only a refusal is reported to the sender. */
  | { readonly type: "tell"; readonly to: string; readonly message: Json }
  /**
   * A message, or several, that the host has refused: over the bound, too many in one step, or of
   * an agent that is being ended. Its machine has been told.
   */
  | {
      readonly type: "tell.refused";
      readonly to: string;
      readonly reason: string;
      /** Left out when it is over the bound, or one of several. */
      readonly message?: Json;
      /** The number of messages; left out: one. */
      readonly count?: number;
    }
  /** Sends a message that must be answered within `timeoutMs`. */
  | {
      readonly type: "ask";
      readonly callId: string;
      readonly to: string;
      readonly message: Json;
      readonly timeoutMs: number;
    }
  /** Waits for the outcome of another agent; at once when it has one. */
  | { readonly type: "watch"; readonly callId: string; readonly to: string }
  /** Waits until the named children (default: all live ones) have ended. */
  | { readonly type: "wait"; readonly callId: string; readonly names?: readonly string[] }
  | {
      readonly type: "cancel";
      readonly callId: string;
      readonly name: string;
      readonly reason?: string;
    }
  /** A question of the agent to a person. */
  | { readonly type: "question"; readonly callId: string; readonly question: Json }
  /** The answer to an `ask`. */
  | { readonly type: "reply"; readonly askId: string; readonly value: Json }
  /** The turn that an `ask` began has failed, and its agent lives on. */
  | { readonly type: "reply.failed"; readonly askId: string; readonly error: WireError }
  /**
   * A turn has failed because of its contents, and its agent lives on: the next turn may succeed.
   */
  | { readonly type: "turn.failed"; readonly error: WireError }
  /** An event that a machine emitted; `leftOut` earlier ones are not reported. */
  | { readonly type: "emitted"; readonly event: Json; readonly leftOut?: number }
  /** Streamed text: ephemeral, never journaled. */
  | { readonly type: "output"; readonly callId: string; readonly text: string }
  /** The loop's turn ended without tool calls: a task ends here unless a delivery wakes it. */
  | { readonly type: "turn-end"; readonly output: Json }
  | { readonly type: "done"; readonly end: AgentEnd };

/**
 * A failed attempt of a model call that may have been billed, and after which another may succeed.
 */
export interface NextAttempt {
  /** The number of the failed attempt, counted from 1. */
  readonly attempt: number;
  /** Milliseconds to wait before the next one. */
  readonly delayMs: number;
}

/**
 * A request for a permit to call the model. With `after: "results"` the kernel decides once every
 * other pending call of the agent has its result, so that the permit follows the last one.
 */
export interface ModelCommand {
  readonly type: "model";
  readonly callId: string;
  readonly after: "now" | "results";
  /** Estimated input tokens of everything already in the transcript. */
  readonly inputTokens: number;
  /** Set by a custom machine's `callModel` on a user-code host: a library host runs the call. */
  readonly job?: ModelJob;
}

/** A model call that a library host runs for an agent that lives on a user-code host. */
export interface ModelJob {
  readonly messages: readonly TurnMessage[];
  readonly system?: string;
  /** Names of the tools to show, from the template's cards. Left out: all of them. */
  readonly tools?: readonly string[];
}

/**
 * Returns the id of the call that a command is about; undefined for a command about none. Read
 * without a check by `in`, which is slow for an absent field of so many object shapes.
 */
export function callIdOf(command: Command): string | undefined {
  return (command as { readonly callId?: string }).callId;
}

/** The end of an agent, as its host reports it. */
export type AgentEnd =
  | { readonly status: "completed"; readonly output: Json }
  | {
      readonly status: "failed";
      readonly error: WireError;
      readonly partial?: Json;
      /** Set when it never started: its machine could not be imported, created or started. */
      readonly atStart?: true;
    }
  /** The answer to an `end` delivery: the kernel knows the cause. */
  | { readonly status: "ended"; readonly partial?: Json };

/** The actions of one agent in one tick: applied as a whole or not at all. */
export interface Frame {
  readonly path: string;
  readonly incarnation: number;
  /** The number of the last delivery consumed; all before it are consumed too. */
  readonly upTo: number;
  readonly commands: readonly Command[];
  /** The machine's whole persisted snapshot, see {@link MachineState}; left out when unchanged. */
  readonly state?: Json;
  /** In place of `state`: the change of the state since the last frame that had either. */
  readonly change?: Change;
  /** XState's state value, for people; sent when it changed. */
  readonly value?: Json;
  /** The state values that it passed through before `value`, in order. */
  readonly passed?: readonly Json[];
  /** The number of further state values, which were too many for one frame. */
  readonly leftOut?: number;
  /** All armed timers; left out when unchanged. */
  readonly timers?: readonly Timer[];
  /** Messages appended to the transcript. */
  readonly append?: readonly TurnMessage[];
  /** True while the host does work for this agent other than a call that the supervisor knows. */
  readonly busy: boolean;
  /** Set while its machine is still being imported. */
  readonly arriving?: true;
}

/** A library host's report on a {@link ModelJob}. */
export type JobReport =
  | { readonly type: "output"; readonly callId: string; readonly text: string }
  | {
      readonly type: "retried";
      readonly callId: string;
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: WireError;
    }
  | { readonly type: "grew"; readonly callId: string; readonly usage: TokenUsage }
  | {
      readonly type: "done";
      readonly callId: string;
      readonly usage: TokenUsage;
      readonly partial?: boolean;
      /** Set when the host is done with it: the supervisor may attempt the call once more. */
      readonly again?: NextAttempt;
      readonly result:
        | {
            readonly isError: false;
            readonly content: readonly Block[];
            readonly stopReason: string;
          }
        | { readonly isError: true; readonly error: WireError };
    };

/** The messages of one tick of a host, in one `postMessage`. */
export interface FromHost {
  readonly frames: readonly Frame[];
  readonly jobs?: readonly JobReport[];
  /** Sent only when the supervisor is inspected. */
  readonly inspection?: readonly InspectionNote[];
  /** Prints of code on the host. */
  readonly prints?: readonly PrintNote[];
}

/** The unit of the bound that a model call met. */
export type ExhaustedUnit = Unit | "turns";
