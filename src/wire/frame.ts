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
  /** What XState needs to schedule it again: the event, as plain data. */
  readonly event: Json;
}

/** State values of one frame, the last included. */
export const MOST_STATES = 100;
/** Events that a machine emits in one frame. */
export const MOST_EMITTED = 100;

/** What an agent asks for or reports. The closed union of everything that leaves a host. */
export type Out =
  /** A tool call. `tool` is the subject (`fs/read`), or what the model said when unknown. */
  | { readonly type: "tool"; readonly callId: string; readonly tool: string; readonly input: Json }
  | ModelOut
  /** A model call ended on its host: settles the reservation of `callId`. */
  | {
      readonly type: "model.done";
      readonly callId: string;
      readonly usage: TokenUsage;
      /** True when the stream broke before its final usage: `usage` is what is known. */
      readonly partial?: boolean;
      readonly stopReason?: string;
      readonly error?: WireError;
      /** The same model is asked for once more: its wish is behind this in the same frame. */
      readonly again?: NextAttempt;
    }
  /** A service has said how long the prompt is, and that is more than was reserved. */
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
      /** False: the child's outcome is the call's result. True: accepted is the result. */
      readonly background: boolean;
    }
  | { readonly type: "send"; readonly callId: string; readonly to: string; readonly message: Json }
  /** Sends a message that must be answered within `timeoutMs`. */
  | {
      readonly type: "ask";
      readonly callId: string;
      readonly to: string;
      readonly message: Json;
      readonly timeoutMs: number;
    }
  /** Resolves with the outcome of another agent, at once when it has one. */
  | { readonly type: "watch"; readonly callId: string; readonly to: string }
  /** Resolves when the named children (default: all live ones) have ended. */
  | { readonly type: "wait"; readonly callId: string; readonly names?: readonly string[] }
  | {
      readonly type: "cancel";
      readonly callId: string;
      readonly name: string;
      readonly reason?: string;
    }
  /** An agent's own question to a person. */
  | { readonly type: "question"; readonly callId: string; readonly question: Json }
  /** The answer to an `ask`. */
  | { readonly type: "reply"; readonly askId: string; readonly value: Json }
  /** The turn that an `ask` began has failed, and its agent lives on. */
  | { readonly type: "reply.failed"; readonly askId: string; readonly error: WireError }
  /** A turn has failed because of what it is, and its agent lives on: what follows is another. */
  | { readonly type: "turn.failed"; readonly error: WireError }
  /** What a machine emitted for whoever listens; `leftOut` others before it are not told. */
  | { readonly type: "emitted"; readonly event: Json; readonly leftOut?: number }
  /** Streamed text: ephemeral, never journaled. */
  | { readonly type: "output"; readonly callId: string; readonly text: string }
  /** The loop's turn ended without tool calls: a task ends here unless something wakes it. */
  | { readonly type: "turn-end"; readonly output: Json }
  | { readonly type: "done"; readonly end: AgentEnd };

/** An attempt of a model call has failed and may have been billed; another one may succeed. */
export interface NextAttempt {
  /** Which attempt of the call that was, counted from 1. */
  readonly attempt: number;
  /** Milliseconds to wait before the next one. */
  readonly delayMs: number;
}

/**
 * Asks for a permit to call the model. With `after: "results"` the kernel decides once every
 * other pending call of the agent has its result, so that the permit rides behind the last.
 */
export interface ModelOut {
  readonly type: "model";
  readonly callId: string;
  readonly after: "now" | "results";
  /** Estimated input tokens of everything already in the transcript. */
  readonly inputTokens: number;
  /** Set by a custom machine's `callModel` on a guest host: a house host runs the call. */
  readonly job?: ModelJob;
}

/** A model call that a house host runs for an agent that lives on a guest host. */
export interface ModelJob {
  readonly messages: readonly TurnMessage[];
  readonly system?: string;
  /** Names of tools to show, from the template's cards. Left out: all of them. */
  readonly tools?: readonly string[];
}

/** How an agent ended, as its host saw it. */
export type AgentEnd =
  | { readonly status: "completed"; readonly output: Json }
  | {
      readonly status: "failed";
      readonly error: WireError;
      readonly partial?: Json;
      /** It never came up: its machine could not be imported, created or started. */
      readonly atStart?: true;
    }
  /** The answer to an `end` delivery: the kernel knows why. */
  | { readonly status: "ended"; readonly partial?: Json };

/** What one agent did in one tick: applied whole or not at all. */
export interface Frame {
  readonly path: string;
  readonly incarnation: number;
  /** Deliveries consumed: every one numbered up to this. */
  readonly upTo: number;
  readonly out: readonly Out[];
  /** The machine's persisted snapshot, see {@link MachineState}; left out when unchanged. */
  readonly state?: Json;
  /** XState's state value, for people; sent when it changed. */
  readonly value?: Json;
  /** The state values that it passed through before that one, in order. */
  readonly passed?: readonly Json[];
  /** How many more it passed through: they were too many for one frame. */
  readonly leftOut?: number;
  /** All armed timers; left out when unchanged. */
  readonly timers?: readonly Timer[];
  /** Messages appended to the transcript. */
  readonly append?: readonly TurnMessage[];
  /** True while the host runs something of this agent that is no call through the door. */
  readonly busy: boolean;
  /** Its machine is still being imported. */
  readonly arriving?: true;
}

/** What a house host reports of a {@link ModelJob}. */
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
      /** The host has nothing left to do for it: it is for the supervisor to ask once more. */
      readonly again?: NextAttempt;
      readonly result:
        | {
            readonly isError: false;
            readonly content: readonly Block[];
            readonly stopReason: string;
          }
        | { readonly isError: true; readonly error: WireError };
    };

/** One tick of a host, in one `postMessage`. */
export interface FromHost {
  readonly frames: readonly Frame[];
  readonly jobs?: readonly JobReport[];
  /** Only where the supervisor is inspected. */
  readonly inspection?: readonly InspectionNote[];
  /** What code there has printed. */
  readonly prints?: readonly PrintNote[];
}

/** Which bound a model call met. */
export type ExhaustedUnit = Unit | "turns";
