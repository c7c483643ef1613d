import type { ErrorCode } from "../errors.ts";
import type { ExhaustedUnit } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";

/** How an agent ended, before its usage is added: the part of an outcome that the kernel knows. */
export type End =
  | { readonly status: "completed"; readonly output: Json }
  | { readonly status: "failed"; readonly error: WireError; readonly partial?: Json }
  | { readonly status: "cancelled"; readonly reason: string; readonly partial?: Json }
  | {
      readonly status: "killed";
      readonly reason: string;
      readonly error?: WireError;
      readonly partial?: Json;
    }
  | { readonly status: "exhausted"; readonly unit: ExhaustedUnit; readonly partial?: Json }
  | { readonly status: "timed-out"; readonly partial?: Json };

/** Why an agent is being ended: what its outcome will be once its host has answered. */
export type Ending =
  | { readonly status: "cancelled"; readonly reason: string }
  | { readonly status: "timed-out"; readonly reason: string }
  | { readonly status: "exhausted"; readonly reason: string; readonly unit: ExhaustedUnit }
  | {
      readonly status: "failed";
      readonly reason: string;
      readonly error: WireError;
      /** It gave up on its children, which only a permanent agent comes back from. */
      readonly gaveUp?: true;
    }
  /** Stopped by its supervisor's strategy, to come back. */
  | { readonly status: "restarting"; readonly reason: string };

/** What went wrong, where an agent failed or was killed for its own fault. */
export function errorOf(end: End): WireError | undefined {
  return "error" in end ? end.error : undefined;
}

/** The code that a call's caller reads when an agent ended other than completed. */
export function codeOf(end: End): ErrorCode {
  switch (end.status) {
    case "failed":
      return end.error.code;
    case "exhausted":
      return "BUDGET_EXCEEDED";
    case "timed-out":
      return "TOOL_TIMED_OUT";
    default:
      return "CANCELLED";
  }
}
