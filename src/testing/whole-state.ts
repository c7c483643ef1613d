import type { Node } from "../kernel/node.ts";
import type { Swarm } from "../supervisor/swarm.ts";

/** Levels of one thing: what is deeper refers to itself. */
const MOST_LEVELS = 60;

/** All that a swarm decides from, and all facts that it has told, as plain data. */
export function wholeState(swarm: Swarm): unknown {
  const { kernel, records, log } = swarm;
  const { approvals, asks, modelCalls, pacedCalls, toolInputs, requests, labels, places } = swarm;
  const { tree } = kernel;
  return {
    tree: plain(tree),
    agents: [...tree.nodes.values()].map((node) => fieldsOf({ ...node }, 0)),
    records: [...records].map((record) => plain(record.saved)),
    arbiter: plain(swarm.parts.arbiter),
    ...plainly({ approvals, asks, modelCalls, pacedCalls, toolInputs, requests, labels, places }),
    facts: plain(log.newest(log.last)),
  };
}

/** Where two states differ first, and how; undefined where they do not. */
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
  if (level > MOST_LEVELS) return "[deep]";
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
    // Where code stood is no part of what happened.
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
