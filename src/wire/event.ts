import type { Json } from "./json.ts";

/** Facts: gap-free in `seq`, journaled. */
export const FACTS = [
  "agent.spawned",
  "agent.started",
  "agent.state",
  "agent.restarted",
  "agent.stopped",
  "spawn.queued",
  "spawn.refused",
  "model.started",
  "model.finished",
  "model.retried",
  "tool.requested",
  "tool.denied",
  "tool.started",
  "tool.finished",
  "budget.warning",
  "budget.refused",
  "approval.requested",
  "approval.decided",
  "cancel.requested",
  "cancel.closed",
  "cancel.signalled",
  "cancel.killed",
  "letter.dead",
  "host.started",
  "host.suspect",
  "host.lost",
  "host.stuck",
  "mcp.connected",
  "mcp.lost",
] as const;

/** Told once and never kept: `after` is the `seq` of the last fact before it. */
export const EPHEMERAL = ["agent.output", "tool.progress", "gap"] as const;

export type FactType = (typeof FACTS)[number];
export type EphemeralType = (typeof EPHEMERAL)[number];
export type EventType = FactType | EphemeralType;

/** What an event says beside its type, path and time. */
export type EventBody = { readonly [key: string]: Json | undefined };

/**
 * Something that happened. Facts carry a gap-free `seq`; ephemeral events (streamed text,
 * progress, a gap in what a slow reader saw) carry `after`, the `seq` they came behind.
 */
export type RuntimeEvent = {
  readonly type: EventType;
  /** The agent it happened to; `/` for the supervisor itself. */
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly seq?: number;
  readonly after?: number;
} & EventBody;
