import { CoppiceError } from "../errors.ts";
import { clip } from "./clip.ts";
import type { WireError } from "./outcome.ts";

/** The loop's reaction to a reply. */
export type StopMeaning =
  /** The turn is complete. */
  | "complete"
  /** Its calls are made, and the model gets their results. */
  | "calls"
  /** The model is asked to continue the same answer. */
  | "goes-on"
  /** The turn has failed, and repeating it would not help. */
  | "failed";

/** The facts about a reply that decide its meaning. */
export interface Stopped {
  readonly stopReason: string;
  /** True when it has a complete call. */
  readonly hasCalls: boolean;
  /** True when it has content: text that is not blank, or a call that was cut off. */
  readonly hasSaid: boolean;
  /** True when a cut answer may be continued once more. */
  readonly mayGoOn: boolean;
}

/** Statuses of an invalid request: its contents are at fault, not the model. */
const REFUSED = new Set([400, 413, 422]);

/** Stop reasons after which the whole reply is ignored. */
const LOST = new Set(["refusal", "model_context_window_exceeded"]);

/**
 * Returns the meaning of a reply: only the stop reasons that its service defines as success count
 * as success.
 *
 * A complete call is made under every stop reason except those that withdraw the reply.
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

/** Creates the failure of a turn by its stop reason, with advice. */
export function stopFailure({ stopReason, hasSaid }: Stopped): CoppiceError {
  return new CoppiceError("MODEL_FAILED", failureMessage(stopReason, hasSaid), { stopReason });
}

/** True when a turn failed because of its contents: without it, the next one may succeed. */
export function isTurnFailure({ code, details }: WireError): boolean {
  if (code !== "MODEL_FAILED") return false;
  const { stopReason, status } = details;
  return typeof stopReason === "string" || (typeof status === "number" && REFUSED.has(status));
}

function failureMessage(stopReason: string, hasSaid: boolean): string {
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
