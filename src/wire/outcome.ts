import type { CoppiceError, ErrorCode, ErrorDetails } from "../errors.ts";
import type { Json } from "./json.ts";
import type { Unit } from "./spec.ts";

/** The usage of a subtree. `inputTokens` includes cached input; `usd` is in dollars. */
export interface Usage {
  readonly usd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly toolCalls: number;
  readonly modelCalls: number;
}

/** The outcome of an agent. Written once; refusals and cancellations are values, not exceptions. */
export type Outcome<Output = Json> = { readonly path: string; readonly usage: Usage } & (
  | { readonly status: "completed"; readonly output: Output }
  | { readonly status: "failed"; readonly error: CoppiceError; readonly partial?: Json }
  | { readonly status: "cancelled"; readonly reason: string; readonly partial?: Json }
  /** Ended by force; `error` is set when the agent itself was the cause: frozen, out of memory. */
  | {
      readonly status: "killed";
      readonly reason: string;
      readonly error?: CoppiceError;
      readonly partial?: Json;
    }
  | { readonly status: "exhausted"; readonly unit: Unit | "turns"; readonly partial?: Json }
  | { readonly status: "timed-out"; readonly partial?: Json }
);

/** An outcome as it is journaled and reported: its error is data. */
export type WireOutcome =
  | Exclude<Outcome, { status: "failed" | "killed" }>
  | (Omit<Extract<Outcome, { status: "failed" }>, "error"> & { readonly error: WireError })
  | (Omit<Extract<Outcome, { status: "killed" }>, "error"> & { readonly error?: WireError });

/** A {@link CoppiceError} as it crosses a boundary. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
  readonly stack?: string;
}
