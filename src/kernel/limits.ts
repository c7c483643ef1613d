import { CoppiceError, type ErrorDetails } from "../errors.ts";
import type { Limits } from "../wire/spec.ts";
import type { RootRoom } from "./commons-port.ts";
import type { ChildSpec, Node } from "./node.ts";

/** The default limits of the whole tree. */
export const ROOT_LIMITS: Limits = { depth: 4, concurrency: 64, queue: 10_000 };

/** The default limits of every agent, each used when no node on the path gives one. */
export const AGENT_LIMITS = {
  children: 64,
  mailbox: 1024,
  turns: 32,
  repeats: 20,
  errors: 16,
} as const;

/**
 * The default limit on spawns below one top-level agent. The supervisor has no such default, so
 * that a service can run for ever.
 */
export const TOP_LEVEL_SPAWNS = 1000;

/**
 * The number of hosts that an agent at work may lose, for no known cause and without a step
 * between; the next loss fails it. Also the number of times that one model job is repeated.
 */
export const MAX_MOVES = 3;

/**
 * Checks every node from the parent up to the root for one more agent below it.
 *
 * A limit on depth or spawns bounds the whole subtree of the node that gives it. A limit on
 * children bounds each agent of that subtree by itself. A default applies only when neither the
 * node that it bounds nor an ancestor of it gives a limit.
 *
 * @param root the root's own answer
 * @returns the refusal, or undefined when every node allows the agent
 */
export function refuseSpawn(
  parent: Node,
  childSpec: ChildSpec,
  now: number,
  root: RootRoom,
): CoppiceError | undefined {
  const { template } = childSpec;
  const depth = parent.depth + 1;
  for (let node: Node | undefined = parent; node !== undefined; node = node.parent) {
    const { limits } = node;
    if (limits.depth !== undefined && depth - node.depth > limits.depth) {
      return refusal("DEPTH_EXCEEDED", template, node, "depth", limits.depth);
    }
    const tooMany = node.depth === 0 ? root.refusal : refusalAt(node, now);
    if (tooMany !== undefined) {
      const { limit, value, ...more } = tooMany;
      return refusal("SPAWNS_EXCEEDED", template, node, limit, value, more);
    }
    // No agent could ever leave that queue, so the spawn is refused instead of queued for ever.
    if (limits.concurrency === 0) return refusal("QUEUE_FULL", template, node, "concurrency", 0);
  }
  if (childSpec.limits.concurrency === 0) {
    const message = `"${template}" was not spawned: its own limits allow concurrency 0`;
    return new CoppiceError("QUEUE_FULL", message, { limit: "concurrency", value: 0 });
  }
  if (parent.depth === 0) return refuseTop(parent, template, root);
  const { top } = parent;
  if (top.spawnsBelow >= TOP_LEVEL_SPAWNS && !isGiven(top, "spawns")) {
    return refusal("SPAWNS_EXCEEDED", template, top, "spawns", TOP_LEVEL_SPAWNS);
  }
  return refuseChild(parent, template);
}

/** Returns the refusal of a node on the path below which no more spawns may wait for a slot. */
export function refuseQueue(
  parent: Node,
  template: string,
  root: RootRoom,
): CoppiceError | undefined {
  for (let node: Node | undefined = parent; node !== undefined; node = node.parent) {
    const { depth, queuedBelow } = node;
    const { queue = Number.POSITIVE_INFINITY } = node.limits;
    const isFull = depth === 0 ? root.isQueueFull === true : queuedBelow >= queue;
    if (isFull) return refusal("QUEUE_FULL", template, node, "queue", queue);
  }
  return undefined;
}

/** True when no limit on live children keeps one more child from being started. */
export function mayHaveChild(parent: Node): boolean {
  return parent.liveChildren < tightest(parent, "children");
}

/** Returns the tightest value on the path of a limit that bounds each agent by itself. */
export function tightest(node: Node, limit: keyof typeof AGENT_LIMITS): number {
  let least: number | undefined;
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
    const own = at.limits[limit];
    if (own !== undefined && (least === undefined || own < least)) least = own;
  }
  if (least !== undefined) return least;
  return node.depth === 0 ? Number.POSITIVE_INFINITY : AGENT_LIMITS[limit];
}

/** Counts an accepted spawn at every node of the path below the root. */
export function countSpawn(parent: Node, now: number): void {
  for (let at = parent; at.parent !== undefined; at = at.parent) countAt(at, now);
}

/** Counts, at one node, a spawn below it that waits to be started. */
export function countAt(node: Node, now: number): void {
  node.spawnsBelow += 1;
  node.queuedBelow += 1;
  node.spawnLimiter?.take(now);
}

/** Returns the node's own limit on spawns that one more spawn below it would exceed. */
export function refusalAt(
  { limits, spawnsBelow, spawnLimiter }: Node,
  now: number,
): RootRoom["refusal"] {
  const { spawns, spawnRate } = limits;
  if (spawns !== undefined && spawnsBelow >= spawns) return { limit: "spawns", value: spawns };
  if (spawnRate === undefined) return undefined;
  const readyAt = spawnLimiter?.readyAt ?? Number.POSITIVE_INFINITY;
  if (readyAt <= now) return undefined;
  const wait = spawnRate === 0 ? {} : { retryAfterMs: Math.ceil(readyAt - now) };
  return { limit: "spawnRate", value: spawnRate, ...wait };
}

function refuseTop(node: Node, template: string, root: RootRoom): CoppiceError | undefined {
  const { children } = root;
  if (children === undefined) return undefined;
  return refusal("CHILDREN_EXCEEDED", template, node, "children", children);
}

function refuseChild(parent: Node, template: string): CoppiceError | undefined {
  const bound = tightest(parent, "children");
  if (parent.liveChildren < bound) return undefined;
  return refusal("CHILDREN_EXCEEDED", template, parent, "children", bound);
}

function isGiven(node: Node, limit: keyof Limits): boolean {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
    if (at.limits[limit] !== undefined) return true;
  }
  return false;
}

const instead = {
  DEPTH_EXCEEDED: "Do the work without it, or ",
  SPAWNS_EXCEEDED: "Do the work with the agents there are, or ",
  CHILDREN_EXCEEDED: "Wait for a child to end, or ",
  QUEUE_FULL: "Try again later, or ",
};

function refusal(
  code: "DEPTH_EXCEEDED" | "SPAWNS_EXCEEDED" | "CHILDREN_EXCEEDED" | "QUEUE_FULL",
  template: string,
  node: Node,
  limit: keyof Limits,
  value: number,
  more: ErrorDetails = {},
): CoppiceError {
  const wait = more.retryAfterMs === undefined ? "" : `, or try again in ${more.retryAfterMs} ms`;
  // What is 0 never has room, and waiting does not help.
  const other = value === 0 && code !== "DEPTH_EXCEEDED" ? "To spawn any, " : instead[code];
  const message =
    `"${template}" was not spawned: ${node.path} allows ${limit} ${value}. ` +
    `${other}raise its \`limits.${limit}\`${wait}`;
  return new CoppiceError(code, message, { node: node.path, limit, value, ...more });
}

/** Returns the error for a permanent agent in the foreground, which never gives a result. */
export function permanentInForeground({ template }: ChildSpec): CoppiceError {
  const why = "a permanent agent never gives a result: spawn it in the background";
  return new CoppiceError("OPTIONS_INVALID", `"${template}" was not spawned: ${why}`, { template });
}
