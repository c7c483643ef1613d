import type { Json, JsonLike } from "./json.ts";

/**
 * The reach of an approval: this call, this agent, its top-level run, every agent. Beyond this call
 * it is remembered for the same subject and for the arguments named by the rules that asked (their
 * `where`). Another rule asks again, and so do arguments that cannot be read, and a tool that has
 * changed.
 */
export type ApprovalScope = "once" | "agent" | "run" | "always";

/** A request that a person must decide before a call can continue. */
export interface PendingApproval {
  readonly id: string;
  /** The path of the agent that waits. */
  readonly path: string;
  /**
   * The kind: a call that a grant asks about, a budget that is used up, or an agent's own question.
   */
  readonly kind: "tool" | "budget" | "question";
  /** The template of the agent, or the name of the spec it was made from. */
  readonly template: string;
  /** The labels of the agent; `{}` when it has none. */
  readonly labels: Readonly<Record<string, string>>;
  /** The subject: `tool:fs/write_file`, `budget:usd`, or `question`. */
  readonly subject: string;
  /** The input of the tool, frozen. Its strings are unchanged: clean them before they are shown. */
  readonly input?: Json;
  /** For a tool, the hash of its current name, description and schema; see `tool.changed`. */
  readonly hash?: string;
  /** The reason, safe to show: nothing in it hides, moves or ends a line. */
  readonly reason: string;
  /** The time of the request, in milliseconds since the epoch. */
  readonly askedAt: number;
  /**
   * The time at which it is refused without an answer, in milliseconds since the epoch; later when
   * the computer sleeps meanwhile.
   */
  readonly expiresAt: number;
  /** Milliseconds that it had waited when it was listed. */
  readonly waitingMs: number;
}

export interface Decision {
  readonly allow: boolean;
  /** The reach of the approval. Default `once`. */
  readonly scope?: ApprovalScope;
  /** The reason, shown to the agent on a refusal. */
  readonly reason?: string;
  /**
   * The answer to a question. For a budget the additional amount of its unit: above 0 and, except
   * for `usd`, whole; default: as much again as its limit. No raise exceeds the budget of a folder,
   * unless that one asks too (`onExceeded`).
   */
  readonly answer?: JsonLike;
  /**
   * Replaces the run of the tool: it is not run, its agent gets this result, and nothing is
   * charged. Only with `allow: true`, for this call alone.
   */
  readonly result?: JsonLike;
  /** The name of the person or program that decided. */
  readonly by?: string;
}

/** A request's id and its decision. */
export interface Decided {
  readonly id: string;
  readonly decision: Decision;
}
