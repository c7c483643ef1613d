import type { Json } from "../wire/json.ts";
import type { Outcome, Usage } from "../wire/outcome.ts";

/** What an agent that is not at work waits for, the one that a person can act on first. */
export type WaitsFor =
  | "restart"
  | "approval"
  | "budget"
  | "rate"
  /** The time of the next attempt at a model that failed. */
  | "retry"
  | "slot"
  | "child"
  /** The answer or the end of another one, for which it has asked. */
  | "agent"
  | "mailbox";

export type TreeStatus =
  | "queued"
  | "starting"
  | "running"
  | "waiting"
  | "paused"
  | "stopping"
  | "stopped";

/** One node of the tree as it is shown. */
export interface TreeNode {
  readonly path: string;
  readonly name: string;
  readonly status: TreeStatus;
  /** What keeps it, while it is not at work. */
  readonly waitsFor?: WaitsFor;
  /** The machine's state value. */
  readonly state?: Json;
  readonly depth: number;
  readonly incarnation: number;
  /** Where it lives now: `house-1`, `guest-2` or `inline`. */
  readonly host?: string;
  readonly usage: Usage;
  readonly outcome?: Outcome["status"];
  readonly children: readonly TreeNode[];
}
