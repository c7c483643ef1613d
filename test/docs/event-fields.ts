import type { AnyEvent, EventBodies, EventType } from "../../src/wire/event.ts";

type Fields<Body> = {
  readonly [Field in keyof Body]-?: undefined extends Body[Field] ? "may be missing" : "always";
};
type BodyOf<Type extends EventType> = Type extends keyof EventBodies
  ? EventBodies[Type]
  : Readonly<Record<never, never>>;

const always = "always";
const maybe = "may be missing";

/** The fields of each event: the compiler holds them to the types, and a test the pages to them. */
export const EVENT_FIELDS: { readonly [Type in EventType]: Fields<BodyOf<Type>> } = {
  "agent.spawned": { template: always, depth: always, incarnation: always },
  "agent.started": { host: always },
  "agent.state": { state: always, leftOut: maybe },
  "agent.moved": { from: always, to: always },
  "agent.emitted": { event: always, leftOut: maybe },
  "agent.printed": { stream: always, text: always, host: always, leftOut: maybe },
  "agent.restarted": { incarnation: always, restarts: always, delayMs: always, cause: always },
  "agent.stopped": { outcome: always },
  "spawn.queued": {},
  "spawn.refused": { code: always, message: always, agent: always, count: maybe },
  "model.started": { callId: always, model: always, turn: always, attempt: maybe },
  "model.finished": {
    callId: always,
    isError: always,
    code: maybe,
    partial: maybe,
    estimated: maybe,
    usage: maybe,
    usd: maybe,
    stopReason: maybe,
  },
  "model.retried": {
    callId: always,
    code: always,
    message: always,
    attempt: always,
    delayMs: always,
  },
  "turn.failed": { code: always, message: always, stopReason: maybe },
  "tool.requested": { callId: always, tool: always, input: always, read: maybe },
  "tool.denied": { callId: always, tool: always, code: always, message: always, count: maybe },
  "tool.started": { callId: always, tool: always },
  "tool.finished": {
    callId: always,
    tool: always,
    isError: always,
    result: maybe,
    error: maybe,
    standIn: maybe,
    by: maybe,
  },
  "budget.warning": { unit: always, limit: always, spent: always, by: always, everyMs: maybe },
  "budget.refused": {
    callId: always,
    unit: always,
    node: always,
    limit: always,
    spent: always,
    reserved: always,
    asked: always,
    bound: maybe,
    retryAfterMs: maybe,
    tool: maybe,
    count: maybe,
  },
  "approval.requested": {
    callId: always,
    id: always,
    kind: always,
    template: always,
    labels: always,
    subject: always,
    input: maybe,
    hash: maybe,
    reason: always,
    expiresAt: always,
    unattended: maybe,
  },
  "approval.decided": {
    id: always,
    allow: always,
    scope: maybe,
    reason: maybe,
    answer: maybe,
    result: maybe,
    by: maybe,
    cause: maybe,
  },
  "cancel.requested": { reason: always },
  "cancel.closed": { agents: always },
  "cancel.signalled": { agents: always },
  "cancel.killed": {},
  "letter.dead": { from: always, reason: always, message: maybe, count: maybe },
  "host.started": { host: always, kind: always },
  "host.suspect": { host: always },
  "host.lost": { host: always, reason: always, cause: maybe },
  "host.stuck": { host: always },
  "mcp.connected": { server: always, tools: always },
  "mcp.lost": { server: always, error: always },
  "mcp.skipped": { server: always, tool: maybe, reason: always },
  "tool.renamed": { server: always, tool: always, name: always },
  "tool.changed": { server: always, tool: always, hash: always },
  "config.ineffective": { layer: always, option: always, asked: always, holds: always },
  "runtime.fault": { doing: always, error: always },
  "agent.output": { callId: always, text: always },
  "tool.progress": { callId: always, tool: always, fraction: maybe, message: maybe },
  gap: { forgotten: always },
};

const BASE: ReadonlySet<string> = new Set(["type", "path", "at", "seq", "after"]);

/** Returns the fields that an event has and its type does not name, and those that it lacks. */
export function undeclared(event: AnyEvent): readonly string[] {
  const fields: { readonly [field: string]: string } = EVENT_FIELDS[event.type];
  const has = Object.keys(event).filter((field) => !BASE.has(field) && !(field in fields));
  const lacks = Object.keys(fields).filter(
    (field) => fields[field] === always && !(field in event),
  );
  return [
    ...has.map((field) => `${event.type} has ${field}`),
    ...lacks.map((field) => `${event.type} lacks ${field}`),
  ];
}
