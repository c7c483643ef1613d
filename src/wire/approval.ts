import type { Json } from "./json.ts";

/** How far an approval reaches: this call, this agent, its top-level run, every agent. */
export type ApprovalScope = "once" | "agent" | "run" | "always";

/** Something a person must decide before a call goes on. */
export interface PendingApproval {
  readonly id: string;
  /** The agent that waits. */
  readonly path: string;
  /** A call that a grant asks about, a budget that is used up, or an agent's own question. */
  readonly kind: "tool" | "budget" | "question";
  /** `tool:fs/write_file`, `budget:usd`, or `question`. */
  readonly subject: string;
  readonly input?: Json;
  /** Of a tool: the hash of its name, description and schema as they are, see `tool.changed`. */
  readonly hash?: string;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
  /** When it is refused if nobody has answered: later where the computer sleeps meanwhile. */
  readonly expiresAt: number;
}

export interface Decision {
  readonly allow: boolean;
  /** Default `once`. */
  readonly scope?: ApprovalScope;
  /** Shown to the agent when it is refused. */
  readonly reason?: string;
  /**
   * The answer to a question. For a budget how much more of its unit: above 0 and, but for `usd`,
   * whole; left out, as much as it was. What the workspace bounds is not lifted beyond that.
   */
  readonly answer?: Json;
  /**
   * Stands in for running the tool that is asked about: it is not run, its agent is given this, and
   * nothing is charged. Only with `allow: true`, for this call alone.
   */
  readonly result?: Json;
  /** Who decided. */
  readonly by?: string;
}
