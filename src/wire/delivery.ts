import type { ExhaustedUnit, ModelJob, Timer } from "./frame.ts";
import type { Json, JsonSchema } from "./json.ts";
import type { WireError } from "./outcome.ts";
import type { Limits, ModelSpec } from "./spec.ts";
import type { ToolCard, TurnMessage } from "./transcript.ts";

/** The data that all agents of one kind share; it is sent once to each host, under `id`. */
export interface Template {
  /** The hash that identifies it. */
  readonly id: string;
  readonly machine?: string;
  readonly model?: ModelSpec;
  /** The models that are called after that one has failed for good, in this order. */
  readonly fallback?: readonly ModelSpec[];
  readonly instructions?: string;
  /** The tools shown to the model. */
  readonly tools: readonly ToolCard[];
  /** The templates that may be spawned, with their descriptions for the model. */
  readonly agents: readonly { readonly name: string; readonly description: string }[];
  readonly output?: JsonSchema;
}

/** The result of a call. An error is a value that the model or machine reads. */
export type CallResult =
  | { readonly isError: false; readonly value: Json }
  | { readonly isError: true; readonly error: WireError; readonly partial?: Json };

/**
 * The contents of a delivery to an agent. Deliveries are numbered, kept until a frame covers them,
 * and delivered in order.
 */
export type DeliveryBody =
  /**
   * A message from a person, an agent or an ask. The loop gets a user turn, a machine the event
   * itself.
   */
  | {
      readonly type: "message";
      readonly from: string;
      readonly message: Json;
      readonly askId?: string;
    }
  /** The result of a tool, spawn, send, wait, cancel or (for machines) model call. */
  | { readonly type: "result"; readonly callId: string; readonly result: CallResult }
  /**
   * A permit: the model call `callId` may start on this host, with at most `maxTokens` of output.
   */
  | {
      readonly type: "permit";
      readonly callId: string;
      readonly maxTokens: number;
      readonly attempt: number;
      readonly turn: number;
      /** The index of the model among the template's; left out: the first. */
      readonly model?: number;
      /** The failed attempts at that model in this call; left out: none. */
      readonly failed?: number;
      /** The tokens reserved for the prompt; left out when a call's usage is known before it. */
      readonly inputTokens?: number;
    }
  /** A background child ended. The loop gets a user turn, a machine the event `child.ended`. */
  | { readonly type: "child"; readonly path: string; readonly name: string; readonly outcome: Json }
  /** The refusal of a message that a machine has told: its event `send.refused`. */
  | {
      readonly type: "refused";
      readonly to: string;
      readonly message: Json;
      readonly error: Pick<WireError, "code" | "message">;
    }
  /** A line for the loop's model, added right before its next call. It does not wake the agent. */
  | { readonly type: "note"; readonly text: string }
  /**
   * Ends the agent now: it aborts the stream, keeps the partial output, closes open calls in the
   * transcript, and answers `done`.
   */
  | {
      readonly type: "end";
      readonly status: "cancelled" | "exhausted" | "timed-out";
      readonly reason: string;
      readonly unit?: ExhaustedUnit;
    };

export interface Delivery {
  readonly type: "deliver";
  readonly path: string;
  readonly incarnation: number;
  readonly n: number;
  readonly body: DeliveryBody;
}

/** Places an agent on a host: a new one, or one that moves there with its last committed state. */
export interface PlaceAgent {
  readonly type: "place";
  readonly path: string;
  readonly incarnation: number;
  readonly template: string;
  /** The index of the agent's cancel flag. */
  readonly cancelFlag: number;
  /** The agent's number in its host's word `running`: never 0, and unique. */
  readonly number: number;
  readonly input: Json;
  readonly name: string;
  /** The limits that the loop itself enforces between turns; see {@link Limits}. */
  readonly limits: Required<Pick<Limits, "repeats" | "errors">>;
  /** The lifetime; left out: a task, which a failed turn ends. */
  readonly lifetime?: "session";
  /** The number of the last delivery that a frame covered; deliveries continue after it. */
  readonly upTo: number;
  /** The last committed state. It and the fields below are set when the agent is moved. */
  readonly state?: Json;
  /** The asks that still wait for an answer; others in its state are over. */
  readonly asks?: readonly string[];
  readonly timers?: readonly Timer[];
  readonly transcript?: readonly TurnMessage[];
}

/** The end of an ask whose caller no longer waits; its agent may still be working on the answer. */
export interface AskOver {
  readonly type: "ask-over";
  readonly path: string;
  readonly incarnation: number;
  readonly askId: string;
}

/** A message to a host. */
export type HostItem =
  | PlaceAgent
  | Delivery
  | AskOver
  /** Drops the agent: it has ended or lives elsewhere. No frame answers. */
  | { readonly type: "drop"; readonly path: string; readonly incarnation: number }
  | {
      readonly type: "job";
      readonly callId: string;
      readonly template: string;
      readonly cancelFlag: number;
      readonly job: ModelJob;
      readonly maxTokens: number;
      readonly turn: number;
      /** The same fields as in a permit. */
      readonly model?: number;
      readonly failed?: number;
      readonly inputTokens?: number;
    }
  /** Ends the stream of a job: its report still follows, with its usage. */
  | { readonly type: "job.cancel"; readonly callId: string };

/** The messages of one tick of the supervisor to one host, in one `postMessage`. */
export interface ToHost {
  /** Sent once: from then on the host reports its actors, as {@link FromHost} `inspection`. */
  readonly inspect?: true;
  readonly templates?: readonly Template[];
  readonly items: readonly HostItem[];
  /** Ids of templates that no later item uses until they are sent again. */
  readonly forget?: readonly string[];
}
