import type { ExhaustedUnit, ModelJob, Timer } from "./frame.ts";
import type { Json, JsonSchema } from "./json.ts";
import type { WireError } from "./outcome.ts";
import type { Limits, ModelSpec } from "./spec.ts";
import type { ToolCard, TurnMessage } from "./transcript.ts";

/** What every agent of one kind shares; travels once to each host, by `id`. */
export interface Template {
  /** The hash that names it. */
  readonly id: string;
  readonly machine?: string;
  readonly model?: ModelSpec;
  /** Those asked when that one failed for good, in this order. */
  readonly fallback?: readonly ModelSpec[];
  readonly instructions?: string;
  /** Tools shown to the model. */
  readonly tools: readonly ToolCard[];
  /** Templates that may be spawned, with what is told of them to the model. */
  readonly agents: readonly { readonly name: string; readonly description: string }[];
  readonly output?: JsonSchema;
}

/** The result of a call. An error is a value that the model or machine reads. */
export type CallResult =
  | { readonly isError: false; readonly value: Json }
  | { readonly isError: true; readonly error: WireError; readonly partial?: Json };

/** What is delivered to an agent. Numbered, kept until a frame covers it, delivered in order. */
export type DeliveryBody =
  /** From a person, an agent or an ask. The loop: a user turn. A machine: the event itself. */
  | {
      readonly type: "message";
      readonly from: string;
      readonly message: Json;
      readonly askId?: string;
    }
  /** The result of a tool, spawn, send, wait, cancel or (for machines) model call. */
  | { readonly type: "result"; readonly callId: string; readonly result: CallResult }
  /** The model call `callId` may start on this host, with at most `maxTokens` of output. */
  | {
      readonly type: "permit";
      readonly callId: string;
      readonly maxTokens: number;
      readonly attempt: number;
      readonly turn: number;
      /** Which of the template's models answers; left out: the first. */
      readonly model?: number;
      /** Attempts at that model that have failed in this call; left out: none. */
      readonly failed?: number;
      /** What was reserved for the prompt; left out where a call's usage is known before it. */
      readonly inputTokens?: number;
    }
  /** A background child ended. The loop: a user turn. A machine: event `child.ended`. */
  | { readonly type: "child"; readonly path: string; readonly name: string; readonly outcome: Json }
  /** A line for the loop's model, told right before its next call. It wakes nobody. */
  | { readonly type: "note"; readonly text: string }
  /** Ends it now: abort the stream, keep the partial output, pair the transcript, answer `done`. */
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

/** Gives an agent to a host: new, or moved there with its last committed state. */
export interface PlaceAgent {
  readonly type: "place";
  readonly path: string;
  readonly incarnation: number;
  readonly template: string;
  /** Index of the agent's cancel word. */
  readonly word: number;
  /** What its host's running cell calls it: never 0, and nobody else's. */
  readonly number: number;
  readonly input: Json;
  readonly name: string;
  /** What bounds the loop where the turns run: see {@link Limits}. */
  readonly limits: Required<Pick<Limits, "repeats" | "errors">>;
  /** Left out: a task, which a turn that fails ends. */
  readonly lifetime?: "session";
  /** Where deliveries go on from: the last number that a frame covered. */
  readonly upTo: number;
  /** The rest is set when the agent is moved. */
  readonly state?: Json;
  /** Those that have no answer and wait for one: others in its state are over. */
  readonly asks?: readonly string[];
  readonly timers?: readonly Timer[];
  readonly transcript?: readonly TurnMessage[];
}

/** Nobody waits for the answer to an ask any more, which its agent may still be asked for. */
export interface AskOver {
  readonly type: "ask-over";
  readonly path: string;
  readonly incarnation: number;
  readonly askId: string;
}

/** What a host is told. */
export type HostItem =
  | PlaceAgent
  | Delivery
  | AskOver
  /** Forget the agent: it has ended or lives elsewhere. No frame answers. */
  | { readonly type: "drop"; readonly path: string; readonly incarnation: number }
  | {
      readonly type: "job";
      readonly callId: string;
      readonly template: string;
      readonly word: number;
      readonly job: ModelJob;
      readonly maxTokens: number;
      readonly turn: number;
      /** These as in a permit. */
      readonly model?: number;
      readonly failed?: number;
      readonly inputTokens?: number;
    }
  /** Ends the stream of a job: its report still comes, with what was used. */
  | { readonly type: "job.cancel"; readonly callId: string };

/** One tick of the supervisor for one host, in one `postMessage`. */
export interface ToHost {
  /** Said once: the host tells what its actors do, as {@link FromHost} `inspection`. */
  readonly inspect?: true;
  readonly templates?: readonly Template[];
  readonly items: readonly HostItem[];
  /** Ids of templates that nothing behind these items goes by until they are sent again. */
  readonly forget?: readonly string[];
}
