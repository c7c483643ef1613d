import type { ErrorCode } from "../errors.ts";
import type { Decision, PendingApproval } from "./approval.ts";
import type { Json, JsonLike } from "./json.ts";
import type { Outcome, WireError, WireOutcome } from "./outcome.ts";
import type { Printed } from "./printed.ts";
import type { Unit } from "./spec.ts";
import type { TokenUsage } from "./transcript.ts";

/** Facts: gap-free in `seq`, journaled. */
export const FACTS = [
  "agent.spawned",
  "agent.started",
  "agent.state",
  "agent.moved",
  "agent.emitted",
  "agent.printed",
  "agent.restarted",
  "agent.stopped",
  "spawn.queued",
  "spawn.refused",
  "model.started",
  "model.finished",
  "model.retried",
  "turn.failed",
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
  "mcp.skipped",
  "tool.renamed",
  "tool.changed",
  "config.ineffective",
  "runtime.fault",
] as const;

/** Told once and never kept: `after` is the `seq` of the last fact before it. */
export const EPHEMERAL = ["agent.output", "tool.progress", "gap"] as const;

export type FactType = (typeof FACTS)[number];
export type EphemeralType = (typeof EPHEMERAL)[number];
export type EventType = FactType | EphemeralType;

/** The fields of an event beside its type, path and time. */
export type EventBody = { readonly [key: string]: Json | undefined };

type CallEvent = { readonly callId: string };
type ToolEvent = CallEvent & { readonly tool: string };
type Refusal = { readonly code: ErrorCode; readonly message: string };
type EndReason = { readonly reason: string };

/** The account that a call did not fit, in the amounts of its unit; also the error's `details`. */
export interface BudgetRefusal {
  readonly unit: Unit;
  /** The path of the account: the agent or one above it. */
  readonly node: string;
  readonly limit: number;
  readonly spent: number;
  readonly reserved: number;
  /** The amount that the call needs. */
  readonly asked: number;
  /** The bound that it met, if that was not the account's ceiling. */
  readonly bound?: "action" | "window";
  /** Milliseconds until the window turns. */
  readonly retryAfterMs?: number;
}

/** The fields of each event beside its type, path and time. */
export interface EventBodies {
  /** Another incarnation than the first at a path is the child of a parent that began anew. */
  readonly "agent.spawned": {
    readonly template: string;
    readonly depth: number;
    readonly incarnation: number;
  };
  readonly "agent.started": { readonly host: string };
  readonly "agent.state": {
    readonly state: Json;
    /** States passed through right before this one that are left out because they were too many. */
    readonly leftOut?: number;
  };
  /**
   * The agent continues on another host from its last committed state: its host was lost, or was
   * its own only while the agent was in quarantine.
   */
  readonly "agent.moved": { readonly from: string; readonly to: string };
  /** An event that the agent's machine emitted by XState's `emit`. */
  readonly "agent.emitted": {
    readonly event: Json;
    /** Events emitted right before this one that are left out because they were too many. */
    readonly leftOut?: number;
  };
  /**
   * A piece that the agent's code wrote to stdout or stderr, or logged: at most 4,096 characters,
   * and ten pieces a second of one host, fifty at once. At `/` where the agent is not known.
   */
  readonly "agent.printed": Printed & { readonly host: string };
  /** A new incarnation begins at the same path. */
  readonly "agent.restarted": {
    readonly incarnation: number;
    /** Within the window of the intensity, this one included. */
    readonly restarts: number;
    /** Milliseconds waited before the restart. */
    readonly delayMs: number;
    /** The end that led to the restart, by the strategy. */
    readonly cause: {
      readonly path: string;
      readonly status: Outcome["status"];
      readonly code?: ErrorCode;
    };
  };
  readonly "agent.stopped": { readonly outcome: WireOutcome };
  readonly "spawn.refused": Refusal & {
    readonly agent: string;
    /** Refusals of this code that the event stands for. Left out: one. */
    readonly count?: number;
  };
  readonly "model.started": CallEvent & {
    readonly model: string;
    readonly turn: number;
    /** Of a call that is asked for once more, which is no other one of `modelCalls`; from 2. */
    readonly attempt?: number;
  };
  readonly "model.finished": CallEvent & {
    readonly isError: boolean;
    /** Of its error. */
    readonly code?: ErrorCode | undefined;
    /** It was cut off: of each figure the larger of what its service said and what was seen. */
    readonly partial?: boolean;
    /** The host was lost: what was reserved is taken to be what was used. */
    readonly estimated?: boolean;
    /** The usage charged, estimated or not. */
    readonly usage?: TokenUsage;
    readonly usd?: number;
    /** `end_turn`, `tool_use`, `max_tokens` (the answer was cut), as the service said. */
    readonly stopReason?: string | undefined;
  };
  readonly "model.retried": CallEvent &
    Refusal & { readonly attempt: number; readonly delayMs: number };
  /** A turn of a session failed because of what it is; the session lives on without it. */
  readonly "turn.failed": Refusal & { readonly stopReason?: string };
  readonly "tool.requested": ToolEvent & {
    /** As the agent said it. */
    readonly input: Json;
    /** JSON Pointers to values that did not fit the schema and were read as what was meant. */
    readonly read?: readonly { readonly path: string; readonly as: string }[];
  };
  /** `count`: refusals of this tool that the event stands for, their requests too; default one. */
  readonly "tool.denied": ToolEvent & Refusal & { readonly count?: number };
  readonly "tool.started": ToolEvent;
  readonly "tool.finished": ToolEvent & {
    readonly isError: boolean;
    readonly result?: Json;
    readonly error?: WireError;
    /** A person gave the result (who, if that was said): the tool was not run. */
    readonly standIn?: true;
    readonly by?: string;
  };
  readonly "tool.progress": ToolEvent & { readonly fraction?: number; readonly message?: string };
  readonly "budget.warning": {
    readonly unit: Unit;
    readonly limit: number;
    readonly spent: number;
    /** The path of the agent that spent it. */
    readonly by: string;
    /** Milliseconds of the window, where it is not the whole budget. */
    readonly everyMs?: number;
  };
  readonly "budget.refused": CallEvent &
    BudgetRefusal & {
      /** The tool of the call; missing for a model call. */
      readonly tool?: string;
      /** Refusals of this tool that the event stands for. Left out: one. */
      readonly count?: number;
    };
  /**
   * `unattended`: there is no `approve`, no listener and no reader of events; `decide` can still
   * answer.
   */
  readonly "approval.requested": Omit<PendingApproval, "path" | "askedAt" | "waitingMs"> &
    CallEvent & { readonly unattended?: true };
  readonly "approval.decided": Decision & { readonly id: string; readonly cause?: DecisionCause };
  readonly "cancel.requested": EndReason;
  readonly "cancel.closed": { readonly agents: number };
  readonly "cancel.signalled": { readonly agents: number };
  readonly "letter.dead": EndReason & {
    readonly from: string;
    readonly message?: Json;
    /** Letters of this sender that the event stands for. Left out: one. */
    readonly count?: number;
  };
  readonly "host.started": { readonly host: string; readonly kind: "library" | "user-code" };
  readonly "host.suspect": { readonly host: string };
  readonly "host.lost": EndReason & {
    readonly host: string;
    /** The fault that ended the host, if the supervisor did not end it. */
    readonly cause?: "froze" | "exited" | "out-of-memory" | "not-started";
  };
  readonly "host.stuck": { readonly host: string };
  readonly "mcp.connected": { readonly server: string; readonly tools: number };
  readonly "mcp.lost": { readonly server: string; readonly error: string };
  /** Something of a server's that cannot be used is left out; the rest works. */
  readonly "mcp.skipped": {
    readonly server: string;
    /** Its name at its server, where it is one tool. */
    readonly tool?: string;
    readonly reason: string;
  };
  /** Its name for models was taken: it has this one instead. `tool` is its name at its server. */
  readonly "tool.renamed": {
    readonly server: string;
    readonly tool: string;
    readonly name: string;
  };
  /** A server changed its description or schema; what was approved of it is asked again. */
  readonly "tool.changed": {
    readonly server: string;
    readonly tool: string;
    readonly hash: string;
  };
  /** A bound that has no effect, because one below it is tighter. */
  readonly "config.ineffective": {
    readonly layer: string;
    readonly option: string;
    readonly asked: number;
    readonly holds: number;
  };
  /** Carrying out something for this agent threw: a bug, which ended the agent and nobody else. */
  readonly "runtime.fault": { readonly doing: string; readonly error: WireError };
  readonly "agent.output": CallEvent & { readonly text: string };
  /** `forgotten`: facts that the journal no longer holds. */
  readonly gap: { readonly forgotten: number };
}

/**
 * The reason for which a question is closed without a decision: its `approve` callback failed, its
 * time was over, its agent is ending, or a remembered yes to another question covers it.
 */
export type DecisionCause = "callback-failed" | "timed-out" | "withdrawn" | "covered";

/** The fields that every event has. */
type EventBase = {
  /** The agent it happened to; `/` for the supervisor itself. */
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
};

/** The position of a fact in the order of all facts: from 1, without a gap. */
type FactOrder = {
  readonly seq: number;
  readonly after?: never;
};

/** The position of an event that is not kept: behind the fact with this `seq`. */
type EphemeralOrder = {
  readonly seq?: never;
  readonly after: number;
};

/** The event of one type, for listeners; `*` stands for every type. */
export type EventOf<Type extends EventType | "*"> = Type extends EventType
  ? Flat<{ readonly type: Type } & EventBase & OrderOf<Type> & BodyOf<Type>>
  : RuntimeEvent;

type OrderOf<Type> = Type extends FactType ? FactOrder : EphemeralOrder;
/** The fields of one type of event beside its type, path, time and order. */
export type BodyOf<Type> = Type extends keyof EventBodies ? EventBodies[Type] : EventBody;
/** One object type with the fields of several; `& {}` has editors show them, not this name. */
type Flat<Fields> = { readonly [Name in keyof Fields]: Fields[Name] } & {};

/**
 * Something that happened, with the fields of its `type`. Facts carry a gap-free `seq`; ephemeral
 * events (streamed text, progress, a gap in what a slow reader saw) carry `after`, the `seq` they
 * came behind.
 */
export type RuntimeEvent = { [Type in EventType]: EventOf<Type> }[EventType];

/**
 * An event whose type is not known: every other field may be there. A {@link RuntimeEvent} is one.
 */
export type AnyEvent = EventBase & {
  readonly type: EventType;
  readonly seq?: number;
  readonly after?: number;
} & { readonly [field: string]: JsonLike | undefined };
