import type { ErrorCode } from "../errors.ts";
import type { ExhaustedUnit } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";

/** The end of an agent, without its usage: the part of an outcome that the kernel knows. */
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

/** The cause for which an agent is being ended. It is the outcome once the host has answered. */
export type Ending =
  | { readonly status: "cancelled"; readonly reason: string }
  | { readonly status: "timed-out"; readonly reason: string }
  | { readonly status: "exhausted"; readonly reason: string; readonly unit: ExhaustedUnit }
  | {
      readonly status: "failed";
      readonly reason: string;
      readonly error: WireError;
      /** True when it gave up on its children; only a permanent agent is restarted after that. */
      readonly gaveUp?: true;
    }
  /** Stopped by its supervisor's strategy, to be restarted. */
  | { readonly status: "restarting"; readonly reason: string };

/** Returns the error of an agent that failed, or that was killed for its own fault. */
export function errorOf(end: End): WireError | undefined {
  return "error" in end ? end.error : undefined;
}

/** Returns the error code that a caller reads when the agent did not complete. */
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
