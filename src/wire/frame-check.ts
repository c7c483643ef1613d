import type { FromHost } from "./frame.ts";

type Check = "string" | "number" | "boolean" | "object" | "any";

/** What each kind of {@link Out} must hold at least. */
const OUTS: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  tool: { callId: "string", tool: "string", input: "any" },
  model: { callId: "string", after: "string", inputTokens: "number" },
  "model.done": { callId: "string", usage: "object" },
  "model.retried": { callId: "string", attempt: "number", delayMs: "number", error: "object" },
  spawn: { callId: "string", agent: "string", background: "boolean" },
  send: { callId: "string", to: "string" },
  wait: { callId: "string" },
  cancel: { callId: "string", name: "string" },
  reply: { askId: "string" },
  output: { callId: "string", text: "string" },
  "turn-end": {},
  done: { end: "object" },
};

const FRAME = { path: "string", incarnation: "number", upTo: "number", busy: "boolean" } as const;
const JOBS: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  output: { callId: "string", text: "string" },
  retried: { callId: "string", attempt: "number", delayMs: "number", error: "object" },
  done: { callId: "string", usage: "object", result: "object" },
};
const TOKENS = ["inputTokens", "cacheReadTokens", "cacheWriteTokens", "outputTokens"] as const;

/**
 * True for a message that has the form of {@link FromHost}.
 *
 * A guest's code can speak on its host's port in our stead: what comes from there is looked at
 * before anything of it is believed.
 */
export function isFromHost(message: unknown): message is FromHost {
  if (!isObject(message) || !Array.isArray(message.frames)) return false;
  const jobs = message.jobs;
  if (jobs !== undefined && !(Array.isArray(jobs) && jobs.every((job) => isOneOf(job, JOBS)))) {
    return false;
  }
  return message.frames.every(isFrame);
}

function isFrame(frame: unknown): boolean {
  if (!has(frame, FRAME) || !Array.isArray(frame.out)) return false;
  for (const list of ["append", "timers"]) {
    if (frame[list] !== undefined && !Array.isArray(frame[list])) return false;
  }
  return frame.out.every((out) => isOneOf(out, OUTS));
}

function isOneOf(
  value: unknown,
  kinds: Readonly<Record<string, Readonly<Record<string, Check>>>>,
): boolean {
  if (!isObject(value) || typeof value.type !== "string") return false;
  const fields = Object.hasOwn(kinds, value.type) ? kinds[value.type] : undefined;
  if (fields === undefined || !has(value, fields)) return false;
  return value.usage === undefined || isUsage(value.usage);
}

function isUsage(usage: unknown): boolean {
  if (!isObject(usage)) return false;
  return TOKENS.every((name) => Number.isSafeInteger(usage[name]) && (usage[name] as number) >= 0);
}

function has(value: unknown, fields: Readonly<Record<string, Check>>): value is Loose {
  if (!isObject(value)) return false;
  return Object.entries(fields).every(([name, check]) => {
    if (check === "any") return true;
    if (check === "object") return isObject(value[name]);
    if (check === "number") return Number.isFinite(value[name]);
    return typeof value[name] === check;
  });
}

type Loose = { readonly [key: string]: unknown };

function isObject(value: unknown): value is Loose {
  return typeof value === "object" && value !== null;
}
