import { LONGEST_DELAY_MS } from "./clock.ts";
import { type FromHost, MOST_STATES, type Out } from "./frame.ts";
import { MOST_NOTES } from "./inspection.ts";
import { isStateBounded } from "./machine-state.ts";
import { isUsage } from "./token-counts.ts";

type Check = (value: unknown) => boolean;
type Fields = Readonly<Record<string, Check>>;
type Loose = { readonly [key: string]: unknown };

/** Deeper than any agent nests, and far from the end of the stack: a circle never ends. */
const DEEPEST = 600;

const json: Check = (value) => isJson(value, 0);
const text: Check = (value) => typeof value === "string";
const flag: Check = (value) => typeof value === "boolean";
const number: Check = (value) => Number.isFinite(value);
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const delay: Check = (value) =>
  count(value) && (value as number) > 0 && (value as number) <= LONGEST_DELAY_MS;
const moment: Check = (value) => value === "now" || value === "results";
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const shaped =
  (fields: Fields): Check =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([name, check]) => check(value[name]));
/** Of several forms, the one that the field `tag` names. */
const oneOf =
  (tag: string, forms: Readonly<Record<string, Fields>>): Check =>
  (value) => {
    const named = isObject(value) ? String(value[tag]) : "";
    return Object.hasOwn(forms, named) && shaped(forms[named] as Fields)(value);
  };

const details: Check = (value) => isObject(value) && json(value);
const error = shaped({ code: text, message: text, details, stack: optional(text) });
const usage: Check = isUsage;
const blocks = listOf(shaped({ type: text }));
const content: Check = (value) => text(value) || (json(value) && blocks(value));
const message = shaped({ role: text, content, omits: optional(count) });
const job = shaped({
  messages: listOf(message),
  system: optional(text),
  tools: optional(listOf(text)),
});
const again = shaped({ attempt: count, delayMs: count });
const grew = { callId: text, usage };
const retried = { callId: text, attempt: count, delayMs: number, error };

const out = oneOf("type", {
  tool: { callId: text, tool: text, input: json },
  model: { callId: text, after: moment, inputTokens: number, job: optional(job) },
  "model.done": {
    callId: text,
    usage,
    stopReason: optional(text),
    error: optional(error),
    again: optional(again),
  },
  "model.grew": grew,
  "model.retried": retried,
  spawn: { callId: text, agent: text, input: json, name: optional(text), background: flag },
  send: { callId: text, to: text, message: json },
  ask: { callId: text, to: text, message: json, timeoutMs: delay },
  watch: { callId: text, to: text },
  wait: { callId: text, names: optional(listOf(text)) },
  cancel: { callId: text, name: text, reason: optional(text) },
  question: { callId: text, question: json },
  reply: { askId: text, value: json },
  "reply.failed": { askId: text, error },
  "turn.failed": { error },
  emitted: { event: json, leftOut: optional(count) },
  output: { callId: text, text },
  "turn-end": { output: json },
  done: {
    end: oneOf("status", {
      completed: { output: json },
      failed: { error, partial: json, atStart: optional(flag) },
      ended: { partial: json },
    }),
  },
});

const frame = shaped({
  path: text,
  incarnation: count,
  upTo: count,
  busy: flag,
  state: isStateBounded,
  arriving: optional(flag),
  out: listOf(out),
  value: json,
  passed: optional((value) => listOf(json)(value) && (value as []).length < MOST_STATES),
  leftOut: optional(count),
  append: optional(listOf(message)),
  timers: optional(listOf(shaped({ id: text, dueMs: number }))),
});

const report = oneOf("type", {
  output: { callId: text, text },
  retried,
  grew,
  done: {
    callId: text,
    usage,
    again: optional(again),
    result: oneOf("isError", { true: { error }, false: { content: blocks, stopReason: text } }),
  },
});

const told = { path: text, incarnation: count, actor: text };
const note = oneOf("type", {
  actor: {
    ...told,
    parent: optional(text),
    name: text,
    machine: optional(count),
    definition: json,
  },
  event: { ...told, source: optional(text), event: json },
  snapshot: { ...told, event: json, snapshot: json },
  "left-out": { ...told, count },
});
const notes: Check = (value) => listOf(note)(value) && (value as []).length <= MOST_NOTES;

const print = shaped({
  path: optional(text),
  incarnation: optional(count),
  stream: (value) => value === "stdout" || value === "stderr",
  text,
  leftOut: optional(count),
});

const fromHost = shaped({
  frames: listOf(frame),
  jobs: optional(listOf(report)),
  inspection: optional(notes),
  prints: optional(listOf(print)),
});

/**
 * True for a message that has the form of {@link FromHost}.
 *
 * A guest's code can speak on its host's port in our stead: what comes from there is looked at
 * before anything of it is believed. Its agents' state is only bounded,
 * since nobody else restores it.
 */
export function isFromHost(value: unknown): value is FromHost {
  return fromHost(value);
}

/** True for what has the form of {@link Out}: an honest host asks before it speaks. */
export function isOut(value: Out): boolean {
  return out(value);
}

/** Nothing that JSON could not write: agents and people elsewhere will. */
function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      if (value === null) return true;
      if (depth > DEEPEST) return false;
      if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return false;
      return Object.values(value).every((item) => isJson(item, depth + 1));
    default:
      return false;
  }
}

function isObject(value: unknown): value is Loose {
  return typeof value === "object" && value !== null;
}
