import { CoppiceError } from "../errors.ts";
import { clip } from "./clip.ts";
import type { WireError } from "./outcome.ts";

/** What the loop does with a reply. */
export type StopMeaning =
  /** The turn is done. */
  | "complete"
  /** Its calls are made, and their results are told to the model. */
  | "calls"
  /** The model is asked to go on with the same answer. */
  | "goes-on"
  /** The turn is not what was asked for, and never will be. */
  | "failed";

/** What must be known of a reply to say what it means. */
export interface Stopped {
  readonly stopReason: string;
  /** Whether it has a call that is whole. */
  readonly hasCalls: boolean;
  /** Whether it has said something: text that is not blank, or a call that was cut off. */
  readonly hasSaid: boolean;
  /** Whether an answer that was cut may be gone on with once more. */
  readonly mayGoOn: boolean;
}

/** Of a request that the service took for a bad one: what it holds is at fault, not its model. */
const REFUSED = new Set([400, 413, 422]);

/** Reasons after which nothing of the reply is acted on. */
const LOST = new Set(["refusal", "model_context_window_exceeded"]);

/**
 * Says what a reply means: success is what its service calls so, and nothing else.
 *
 * A call that is whole is a call under every reason but those that take the reply back.
 */
export function meaningOf({ stopReason, hasCalls, hasSaid, mayGoOn }: Stopped): StopMeaning {
  if (LOST.has(stopReason)) return "failed";
  if (hasCalls) return "calls";
  switch (stopReason) {
    case "end_turn":
    case "stop_sequence":
      return "complete";
    case "pause_turn":
      return "goes-on";
    case "max_tokens":
      return hasSaid && mayGoOn ? "goes-on" : "failed";
    default:
      return "failed";
  }
}

/** The failure of a turn by its stop reason, with what to do about it. */
export function stopFailure({ stopReason, hasSaid }: Stopped): CoppiceError {
  return new CoppiceError("MODEL_FAILED", told(stopReason, hasSaid), { stopReason });
}

/** Whether a turn failed because of what it is: without it, the next one may succeed. */
export function isTurnFailure({ code, details }: WireError): boolean {
  if (code !== "MODEL_FAILED") return false;
  const { stopReason, status } = details;
  return typeof stopReason === "string" || (typeof status === "number" && REFUSED.has(status));
}

function told(stopReason: string, hasSaid: boolean): string {
  switch (stopReason) {
    case "refusal":
      return "The model refused to answer; say what it is asked for in another way";
    case "model_context_window_exceeded":
      return "The answer did not fit into the model's context any more; send it less";
    case "max_tokens":
      return hasSaid
        ? "The answer was cut by `maxTokens` too often; raise it, or ask for less"
        : "All of `maxTokens` was used before anything was said; raise it, or let it think less";
    case "tool_use":
      return "The model stopped to call a tool, and called none; ask again";
    default:
      return `The model stopped for a reason that is not known: ${clip(stopReason, 100)}`;
  }
}
