import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import type { NextAttempt } from "../wire/frame.ts";
import type { WireError } from "../wire/outcome.ts";
import type { Block, TokenUsage, ToolCard, TurnMessage } from "../wire/transcript.ts";
import { noTokens } from "./token-usage.ts";

/** A request to a model. */
export interface ModelRequest {
  readonly system?: string;
  readonly messages: readonly TurnMessage[];
  readonly tools: readonly ToolCard[];
  /** Most output tokens. */
  readonly maxTokens: number;
  /** Number of model calls that this agent made before; for a script, its step. */
  readonly turn: number;
}

/** The answer of a model. Its `stopReason` is as the service gave it; the loop reads it. */
export interface ModelReply {
  readonly content: readonly Block[];
  readonly stopReason: StopReason;
  /**
   * Usage of the attempt that was answered. Attempts that failed before it cost nothing, or were
   * reported.
   */
  readonly usage: TokenUsage;
  /**
   * True when the service did not report all of the usage; it is then what was reported and
   * estimated.
   */
  readonly partial?: true;
}

export type StopReason =
  | "end_turn"
  | "tool_use"
  | "max_tokens"
  | "refusal"
  | "stop_sequence"
  | "pause_turn"
  | "model_context_window_exceeded"
  | (string & {});

/** The caller's side of a model call. */
export interface ModelCall {
  /** Ends the call at once: it rejects with `CANCELLED` and its stream is closed. */
  readonly signal: AbortSignal;
  /**
   * Called with text as it streams. After a retry the text begins anew; the reply is what counts.
   */
  onText(delta: string): void;
  /** Called before each wait, with the number of the attempt that failed (from 1) and its error. */
  onRetry(info: { attempt: number; delayMs: number; error: WireError }): void;
  /** Called while the answer streams, once the service has reported the length of the prompt. */
  onUsage?(said: TokenUsage): void;
  /** Attempts of this call that failed before it was asked for once more. Default 0. */
  readonly failed?: number;
}

/**
 * A model, which answers one turn of a conversation per call.
 *
 * **Guarantees** An answer that needs no wait is returned as it is, not as a promise, so that an
 * instant model costs no tick; every other answer is a promise. A failure always rejects.
 * **Fails with** {@link ModelCallFailed}, and nothing else.
 */
export interface Model {
  call(request: ModelRequest, call: ModelCall): ModelReply | Promise<ModelReply>;
}

/** The usage and the text of a call that failed. */
export interface CallRemains {
  /** Usage of its last attempt: of each figure the larger of the reported and the estimated. */
  readonly usage: TokenUsage;
  /**
   * True when it was sent and cut off, so that its service may have billed more than it reported.
   */
  readonly partial: boolean;
  /** Text streamed by the last attempt that streamed any. */
  readonly partialText: string;
  /** The next attempt, set when it may succeed; it has to be paid for anew. */
  readonly again?: NextAttempt;
}

/** The error of a model call that failed or was aborted, with its usage and text until then. */
export class ModelCallFailed extends Error implements CallRemains {
  override readonly name = "ModelCallFailed";
  readonly error: CoppiceError;
  readonly usage: TokenUsage;
  readonly partial: boolean;
  readonly partialText: string;
  readonly again?: NextAttempt;

  constructor(error: CoppiceError, remains: CallRemains = nothingUsed) {
    super(error.message);
    this.error = error;
    this.usage = remains.usage;
    this.partial = remains.partial;
    this.partialText = remains.partialText;
    if (remains.again !== undefined) this.again = remains.again;
  }
}

/** The remains of a call that never reached a model. */
export const nothingUsed: CallRemains = { usage: noTokens, partial: false, partialText: "" };

/** Returns the error of a call whose `signal` was aborted. */
export function callCancelled(signal: AbortSignal, remains?: CallRemains): ModelCallFailed {
  const reason = `The model call was cancelled: ${describe(signal.reason)}`;
  return new ModelCallFailed(new CoppiceError("CANCELLED", reason), remains);
}
