import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import type { NextAttempt } from "../wire/frame.ts";
import type { WireError } from "../wire/outcome.ts";
import type { Block, TokenUsage, ToolCard, TurnMessage } from "../wire/transcript.ts";
import { noTokens } from "./token-usage.ts";

/** What a model is asked. */
export interface ModelRequest {
  readonly system?: string;
  readonly messages: readonly TurnMessage[];
  readonly tools: readonly ToolCard[];
  /** Most output tokens. */
  readonly maxTokens: number;
  /** How many model calls this agent made before: the step of a script. */
  readonly turn: number;
}

/** What a model answered. Its `stopReason` is as the service said it; the loop reads it. */
export interface ModelReply {
  readonly content: readonly Block[];
  readonly stopReason: StopReason;
  /** Of the attempt that was answered: those that failed before it cost nothing, or are told. */
  readonly usage: TokenUsage;
  /** Its service did not say all of what it used: `usage` is what was said and seen. */
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

/** What a model may do with its caller while it works. */
export interface ModelCall {
  /** Ends the call at once: it rejects with `CANCELLED` and its stream is closed. */
  readonly signal: AbortSignal;
  /** Text as it streams. After a retry it begins anew; the reply is what counts. */
  onText(delta: string): void;
  /** Told before each wait: the number of the attempt that failed (from 1) and why. */
  onRetry(info: { attempt: number; delayMs: number; error: WireError }): void;
  /** Told while the answer goes on, once its service has said how long the prompt is. */
  onUsage?(said: TokenUsage): void;
  /** Attempts of this call that failed before it was asked for once more. Default 0. */
  readonly failed?: number;
}

/**
 * Answers one turn of a conversation.
 *
 * **Guarantees** an answer that needs no waiting is returned as it is, not as a promise, so that
 * an instant model costs no tick; everything else is a promise. A failure always rejects.
 * **Fails with** {@link ModelCallFailed}, and nothing else.
 */
export interface Model {
  call(request: ModelRequest, call: ModelCall): ModelReply | Promise<ModelReply>;
}

/** What is left of a call that failed. */
export interface CallRemains {
  /** What its last attempt used: of each figure the larger of what was said and seen. */
  readonly usage: TokenUsage;
  /** True when it was sent and cut off, so that its service may have billed more than it said. */
  readonly partial: boolean;
  /** The text streamed by the last attempt that streamed any. */
  readonly partialText: string;
  /** Set where the call may succeed, and has to be paid for once more. */
  readonly again?: NextAttempt;
}

/** A model call that failed or was aborted: why, and what it used and said until then. */
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

/** What remains of a call that never reached a model. */
export const nothingUsed: CallRemains = { usage: noTokens, partial: false, partialText: "" };

/** The failure of a call whose `signal` was aborted. */
export function callCancelled(signal: AbortSignal, remains?: CallRemains): ModelCallFailed {
  const reason = `The model call was cancelled: ${describe(signal.reason)}`;
  return new ModelCallFailed(new CoppiceError("CANCELLED", reason), remains);
}
