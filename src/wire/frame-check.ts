import { amountOfChange } from "./change.ts";
import { MAX_DELAY_MS } from "./clock.ts";
import { type Command, type Frame, type FromHost, MAX_STATES } from "./frame.ts";
import { MAX_NOTES } from "./inspection.ts";
import { JSON_BOUND, type JsonBound, JsonWalk, refusalOf } from "./json-bound.ts";
import { JsonRefusal } from "./json-refusal.ts";
import { MAX_ENCODED_CHARACTERS, STATE_BOUND } from "./machine-state.ts";
import { isPrinted } from "./printed.ts";
import { isUsage } from "./token-counts.ts";

/** Returns true for a value of its form; JSON inside it is counted on the walk. */
type Check = (value: unknown, walk: JsonWalk) => boolean;
type Fields = Readonly<Record<string, Check>>;
type Loose = { readonly [key: string]: unknown };

/**
 * The bound of one frame, and so of all that an agent sends in a tick: as many bytes as a packet of
 * a process. The host has checked each value against {@link JSON_BOUND}.
 */
const FRAME_BOUND: JsonBound = {
  depth: JSON_BOUND.depth + 8,
  values: 1_000_000,
  bytes: 64_000_000,
};
/**
 * The most items in one list of a frame, and frames of one tick: each costs the supervisor a step.
 */
const MAX_ITEMS = 100_000;

/** Throws for a value over the bound, which refuses the frame. */
const json: Check = (value, walk) => {
  walk.check(value);
  return true;
};
const text: Check = (value) => typeof value === "string";
const flag: Check = (value) => typeof value === "boolean";
const number: Check = (value) => Number.isFinite(value);
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const delay: Check = (value, walk) =>
  count(value, walk) && (value as number) > 0 && (value as number) <= MAX_DELAY_MS;
const absent: Check = (value) => value === undefined;
const moment: Check = (value) => value === "now" || value === "results";
const optional =
  (check: Check): Check =>
  (value, walk) =>
    value === undefined || check(value, walk);
const listOf =
  (check: Check): Check =>
  (value, walk) => {
    if (!Array.isArray(value) || value.length > MAX_ITEMS) return false;
    // Checks every index, because a hole has no form.
    for (let at = 0; at < value.length; at += 1) if (!check(value[at], walk)) return false;
    return true;
  };
const shaped = (fields: Fields): Check => {
  const names = Object.keys(fields);
  const checks = Object.values(fields);
  return (value, walk) => {
    if (!isObject(value)) return false;
    for (let at = 0; at < names.length; at += 1) {
      if (checks[at]?.(value[names[at] as string], walk) !== true) return false;
    }
    return true;
  };
};
/** Checks a value against the one of several forms that its field `tag` names. */
const oneOf = (tag: string, forms: Readonly<Record<string, Fields>>): Check => {
  const checks = new Map(Object.entries(forms).map(([name, form]) => [name, shaped(form)]));
  return (value, walk) => {
    const named = isObject(value) ? value[tag] : undefined;
    // `true` and `false` are names too.
    const name = typeof named === "boolean" ? String(named) : named;
    return typeof name === "string" && checks.get(name)?.(value, walk) === true;
  };
};

const details: Check = (value, walk) => isObject(value) && json(value, walk);
const error = shaped({ code: text, message: text, details, stack: optional(text) });
const usage: Check = isUsage;
const blocksForm = listOf(shaped({ type: text }));
const blocks: Check = (value, walk) => json(value, walk) && blocksForm(value, walk);
const content: Check = (value, walk) =>
  typeof value === "string" ? json(value, walk) : blocks(value, walk);
const message = shaped({ role: text, content, omits: optional(count) });
const job = shaped({
  messages: listOf(message),
  system: optional(text),
  tools: optional(listOf(text)),
});
const again = shaped({ attempt: count, delayMs: count });
const grew = { callId: text, usage };
const retried = { callId: text, attempt: count, delayMs: number, error };

const command = oneOf("type", {
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
  send: { callId: text, to: text, message: json, isTell: absent },
  tell: { to: text, message: json },
  "tell.refused": { to: text, reason: text, message: optional(json), count: optional(count) },
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

/** Checks a state on a walk of its own: XState nests a machine's values deeper. */
const state: Check = (value) => {
  if (!isObject(value) || value.encoded === undefined) {
    return refusalOf(value, STATE_BOUND) === undefined;
  }
  // To all but its host this is an opaque text; its length is also checked where it is decoded.
  const { encoded, ...readable } = value;
  const isBounded = typeof encoded === "string" && encoded.length <= MAX_ENCODED_CHARACTERS;
  return isBounded && refusalOf(readable, STATE_BOUND) === undefined;
};

/** Checks a change as a part of the state, on a walk of its own. */
const change: Check = (value) => amountOfChange(value) !== undefined;

const passedForm = listOf(json);
const passed: Check = (value, walk) =>
  Array.isArray(value) && value.length < MAX_STATES && passedForm(value, walk);

const frame = shaped({
  path: text,
  incarnation: count,
  upTo: count,
  busy: flag,
  arriving: optional(flag),
  commands: listOf(command),
  state,
  change: optional(change),
  value: json,
  passed: optional(passed),
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

const ofActor = { path: text, incarnation: count, actor: text };
const note = oneOf("type", {
  actor: {
    ...ofActor,
    parent: optional(text),
    name: text,
    machine: optional(count),
    definition: json,
  },
  event: { ...ofActor, source: optional(text), event: json },
  snapshot: { ...ofActor, event: json, snapshot: json },
  "left-out": { ...ofActor, count },
});
const notesForm = listOf(note);
const notes: Check = (value, walk) =>
  Array.isArray(value) && value.length <= MAX_NOTES && notesForm(value, walk);

/** Checks each item against a bound of its own. */
const each =
  (check: Check): Check =>
  (value) =>
    listOf((one) => holds(check, one))(value, new JsonWalk(FRAME_BOUND));

const author = shaped({ path: optional(text), incarnation: optional(count) });
const print: Check = (value, walk) => isPrinted(value) && author(value, walk);

const fromHost = shaped({
  frames: each(frame),
  jobs: optional(each(report)),
  inspection: optional((value) => holds(notes, value)),
  prints: optional((value) => holds(listOf(print), value)),
});

/**
 * True for a message of the form of {@link FromHost}, with at most one frame for each agent.
 *
 * User code can post on its host's port too, so every message from there is checked before it is
 * used.
 */
export function isFromHost(value: unknown): value is FromHost {
  if (!holds(fromHost, value)) return false;
  const { frames } = value as FromHost;
  return frames.length < 2 || new Set(frames.map(({ path }) => path)).size === frames.length;
}

/** True for a frame that may be applied. */
export function isFrame(value: unknown): value is Frame {
  return holds(frame, value);
}

/**
 * True for a value of the form of {@link Command}; a host checks its own commands before it sends
 * them.
 */
export function isCommand(value: Command): boolean {
  return holds(command, value);
}

function holds(check: Check, value: unknown): boolean {
  try {
    return check(value, new JsonWalk(FRAME_BOUND));
  } catch (thrown) {
    if (thrown instanceof JsonRefusal) return false;
    throw thrown;
  }
}

function isObject(value: unknown): value is Loose {
  return typeof value === "object" && value !== null;
}
