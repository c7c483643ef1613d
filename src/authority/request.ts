import type { Json } from "../wire/json.ts";

/** The common fields of every request at the door. */
export interface Request {
  /** Identifies the call: it is charged, and its uses are counted, once. */
  readonly callId?: string;
  /** True when a person has allowed it after an `ask`; everything else is checked again. */
  readonly approved?: boolean | undefined;
}

export interface ToolCheck extends Request {
  readonly callId: string;
  readonly tool: string;
  /** The arguments that `where` looks at; left out, every argument is missing. */
  readonly input?: Json | undefined;
  /** The version of the tool now; a remembered yes applies to that version alone. */
  readonly version?: string | undefined;
  /** With `approved`: the input that a person allowed; the yes applies to that input alone. */
  readonly allowed?: Json | undefined;
}

export interface SpawnCheck extends Request {
  readonly template: string;
}

export interface MessageCheck extends Request {
  /** The path of the receiver. */
  readonly to: string;
  readonly relation: Relation;
}

/** The relation of the receiver to the sender. */
export type Relation = "parent" | "sibling" | "child" | "self" | "other";

/** The option for a call that is released and never began: its count and its uses come back. */
export const UNSTARTED = { started: false } as const;

/** The details of a model call that is settled. */
export interface SettleOptions {
  /** True when the service was cut off: what it had not reported is taken from the reservation. */
  readonly partial?: boolean;
  /** True when the call is retried: its uses stay counted, and are not counted again. */
  readonly again?: boolean;
}
