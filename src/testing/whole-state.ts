import { runOf } from "../../machines/run-of.ts";
import type { AgentRecord } from "../engine/agent-record.ts";
import type { Node } from "../kernel/node.ts";
import type { Swarm } from "../supervisor/swarm.ts";

/** The most levels of a value that are copied; deeper ones become "[deep]". */
const MAX_LEVELS = 60;

/** Returns all state that a swarm decides from, and all facts it has emitted, as plain data. */
export function wholeState(swarm: Swarm): unknown {
  const { runs, records, log } = swarm;
  const { approvals, asks, modelCalls, rateLimitedCalls, toolInputs, requests, labels, router } =
    swarm;
  const { nodes, shared } = runs.ground;
  return {
    shared: plain(shared),
    trees: [runs.trunk, ...runs.all].map(({ tree }) => plain(tree)),
    agents: [...nodes.values()].map((node) => fieldsOf({ ...node }, 0)),
    records: [...records].map((record) => plain(record.saved)),
    arbiter: plain(swarm.parts.arbiter),
    ...plainly({
      approvals,
      asks,
      modelCalls,
      rateLimitedCalls,
      toolInputs,
      requests,
      labels,
      router,
    }),
    facts: plain(log.newest(log.last)),
  };
}

export interface RunState {
  /** The facts that are kept. */
  readonly facts: readonly unknown[];
  readonly [part: string]: unknown;
}

/**
 * Returns the state of one run: a top-level agent with all below it.
 *
 * @param isOwnFact returns true for the number of a fact that a step of this run has emitted
 */
export function runState(swarm: Swarm, run: string, isOwnFact: (seq: number) => boolean): RunState {
  const { runs, records, log } = swarm;
  const isOwn = (path: string): boolean => runOf(path) === run;
  const agents = [...runs.ground.nodes.values()].filter(({ path }) => isOwn(path));
  const facts = log.newest(log.last).filter(({ seq }) => isOwnFact(seq as number));
  return {
    tree: plain(runs.at(run)?.tree),
    agents: agents.map((node) => fieldsOf({ ...node }, 0)),
    records: [...records].filter(({ node }) => isOwn(node.path)).map(ofRecord),
    arbiter: plain(swarm.parts.arbiter.savedOf(run)),
    calls: callsOf(swarm, isOwn),
    facts: facts.map(({ seq: _seq, ...fact }) => plain(fact)),
  };
}

/** Returns the calls of one run from the tables that all runs share. */
function callsOf(swarm: Swarm, isOwn: (path: string) => boolean): object {
  const { approvals, asks, modelCalls, rateLimitedCalls, toolInputs, requests } = swarm;
  const { waiting, jobs } = modelCalls.saved;
  const { awaited, kept } = toolInputs.saved;
  const { callers } = rateLimitedCalls;
  const parts = {
    asks: asks.saved,
    waiting,
    jobs,
    callers,
    awaited,
    kept,
    requests: requests.saved,
  };
  const own = Object.entries(parts).map(([name, part]) => {
    const entries = [...part].filter(([key]) => isOwn(ownerOf(key)));
    return [name, entries.map((entry) => plain(entry))] as const;
  });
  const open = [...approvals.saved.open.values()].filter(({ node }) => isOwn(node.path));
  return { ...Object.fromEntries(own), questions: open.map((one) => plain(one)) };
}

/**
 * Returns the path of the agent that owns a key: the agent itself, or the id of a call or an ask.
 */
function ownerOf(key: Node | string): string {
  return typeof key === "string" ? (/\/[^#]*/.exec(key)?.[0] ?? "/") : key.path;
}

/**
 * Copies a record without its cancel flag and number, which belong to the supervisor and not to the
 * run.
 */
function ofRecord({
  saved: { cancelFlag: _cancelFlag, number: _number, ...saved },
}: AgentRecord): unknown {
  return plain(saved);
}

/** Returns the first difference between two states; undefined when they are equal. */
export function difference(one: unknown, other: unknown, at = ""): string | undefined {
  if (Object.is(one, other)) return undefined;
  if (!isObject(one) || !isObject(other)) return `${at}: ${shown(one)}, and ${shown(other)}`;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  for (const key of keys) {
    const found = difference(one[key], other[key], `${at}/${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function plainly(parts: { readonly [name: string]: object }): object {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, plain(part)]));
}

function plain(value: unknown, level = 0): unknown {
  if (level > MAX_LEVELS) return "[deep]";
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (!isObject(value)) return typeof value === "function" ? undefined : value;
  if (isNode(value)) return `agent ${value.path} ${value.serial}`;
  if ("saved" in value) return plain(value.saved, level + 1);
  if (Array.isArray(value)) return value.map((item) => plain(item, level + 1));
  if (value instanceof Set) return [...value].map((item) => plain(item, level + 1));
  if (value instanceof Map) {
    return [...value].map(([key, item]) => [plain(key, level + 1), plain(item, level + 1)]);
  }
  return fieldsOf(value, level);
}

function fieldsOf(value: object, level: number): object {
  const fields = Object.entries(value)
    // A stack trace is not part of the state.
    .filter(([key]) => key !== "stack")
    .map(([key, field]) => [key, plain(field, level + 1)] as const)
    .filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields);
}

function isNode(value: object): value is Node {
  return "serial" in value && "mailbox" in value;
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
