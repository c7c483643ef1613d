import type { Json } from "../wire/json.ts";

/** What every request at the door can carry. */
export interface Request {
  /** Names the call: it is charged, and its uses are counted, once. */
  readonly callId?: string;
  /** A person has allowed it after an `ask`; everything else is asked again. */
  readonly approved?: boolean | undefined;
}

export interface ToolAsk extends Request {
  readonly callId: string;
  readonly tool: string;
  /** What `where` looks at; left out, every argument is missing. */
  readonly input?: Json | undefined;
  /** The tool as it is now: a remembered yes holds for that alone. */
  readonly version?: string | undefined;
  /** With `approved`: what the tool was to be given then, for the yes holds for that alone. */
  readonly allowed?: Json | undefined;
}

export interface SpawnAsk extends Request {
  readonly template: string;
}

export interface MessageAsk extends Request {
  /** The path of the receiver. */
  readonly to: string;
  readonly relation: Relation;
}

/** Who is written to, seen from the sender. */
export type Relation = "parent" | "sibling" | "child" | "self" | "other";

/** Of a call that is released and never began: its count and its uses come back. */
export const UNSTARTED = { started: false } as const;

/** What is known of a model call that is settled. */
export interface SettleOptions {
  /** The service was cut off: what it had not said is made up from what was reserved. */
  readonly partial?: boolean;
  /** The same call is asked for once more: its uses stay counted, and are not counted again. */
  readonly again?: boolean;
}
