import type { Json } from "../wire/json.ts";
import type { Outcome, Usage } from "../wire/outcome.ts";

/** The reason why an agent waits; of several, the one that a person can act on first. */
export type WaitsFor =
  | "restart"
  | "approval"
  | "budget"
  | "rate"
  /** The time of the next attempt after a model call failed. */
  | "retry"
  | "slot"
  | "child"
  /** Another agent's answer or end, for which this agent has asked. */
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

/** A node of the tree, for display. */
export interface TreeNode {
  readonly path: string;
  readonly name: string;
  readonly status: TreeStatus;
  /** The reason why it waits; undefined while it works. */
  readonly waitsFor?: WaitsFor;
  /** The machine's state value. */
  readonly state?: Json;
  readonly depth: number;
  readonly incarnation: number;
  /** The id of its host: `library-1`, `user-code-2` or `inline`. */
  readonly host?: string;
  readonly usage: Usage;
  readonly outcome?: Outcome["status"];
  readonly children: readonly TreeNode[];
}
