import type { Json } from "./json.ts";

/**
 * How far an approval reaches: this call, this agent, its top-level run, every agent. Beyond this
 * call it is remembered for the same subject and for the arguments that the rules which asked speak
 * of (their `where`): another rule asks again, as do arguments that cannot be read, and a tool that
 * has changed.
 */
export type ApprovalScope = "once" | "agent" | "run" | "always";

/** Something a person must decide before a call goes on. */
export interface PendingApproval {
  readonly id: string;
  /** The agent that waits. */
  readonly path: string;
  /** A call that a grant asks about, a budget that is used up, or an agent's own question. */
  readonly kind: "tool" | "budget" | "question";
  /** Of which template the agent is, or of the spec it was made from. */
  readonly template: string;
  /** Of the agent; `{}` where it has none. */
  readonly labels: Readonly<Record<string, string>>;
  /** `tool:fs/write_file`, `budget:usd`, or `question`. */
  readonly subject: string;
  /** What the tool is given, frozen. Its texts are as they came: clean them to show them. */
  readonly input?: Json;
  /** Of a tool: the hash of its name, description and schema as they are, see `tool.changed`. */
  readonly hash?: string;
  /** Text that can be shown: nothing in it hides, moves or ends a line. */
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
  /** When it is refused if nobody has answered: later where the computer sleeps meanwhile. */
  readonly expiresAt: number;
  /** Milliseconds it had waited when it was looked at. */
  readonly waitingMs: number;
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

/** A question and what was decided of it. */
export interface Decided {
  readonly id: string;
  readonly decision: Decision;
}
