import { CoppiceError, type ErrorDetails } from "../errors.ts";
import type { Limits } from "../wire/spec.ts";
import type { RootRoom } from "./commons-port.ts";
import type { Birth, Node } from "./node.ts";

/** The bounds of the whole tree where the embedder gives none. */
export const ROOT_LIMITS: Limits = { depth: 4, concurrency: 64, queue: 10_000 };

/** What every agent is bounded by beside its own limits. */
export const AGENT_LIMITS = {
  children: 64,
  mailbox: 1024,
  turns: 32,
  repeats: 20,
  errors: 16,
} as const;

/** Agents ever started below one top-level agent, so that a service can run for ever. */
export const TOP_LEVEL_SPAWNS = 1000;

/** How often an agent at work is moved without a step between before it is held to be the cause. */
export const MOVES_ALLOWED = 3;

/**
 * Asks every node from the parent up to the root whether one more agent may live below it.
 *
 * Depth, spawns, children and queue are rights of a subtree: a limit on any ancestor bounds it.
 * A default holds only where nobody at or above the node that it bounds gives a limit.
 * @param root what the root says to it
 * @returns the refusal, or undefined when all of them allow it
 */
export function refuseSpawn(
  parent: Node,
  birth: Birth,
  now: number,
  root: RootRoom,
): CoppiceError | undefined {
  const { template } = birth;
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
    // Nobody could ever leave that queue: refusing is kinder than waiting for ever.
    if (limits.concurrency === 0) return refusal("QUEUE_FULL", template, node, "concurrency", 0);
  }
  if (birth.limits.concurrency === 0) {
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

/** Asks every node of the path whether one more spawn may wait for a slot below it. */
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

/** True when no bound on live children keeps one more child from being started. */
export function mayHaveChild(parent: Node): boolean {
  return parent.liveChildren < tightest(parent, "children");
}

/** The tightest bound of one kind on the path, for limits that bound each agent by itself. */
export function tightest(node: Node, limit: keyof typeof AGENT_LIMITS): number {
  let least: number | undefined;
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
    const own = at.limits[limit];
    if (own !== undefined && (least === undefined || own < least)) least = own;
  }
  if (least !== undefined) return least;
  return node.depth === 0 ? Number.POSITIVE_INFINITY : AGENT_LIMITS[limit];
}

/** A spawn that has passed every limit counts on the whole path below the root. */
export function countSpawn(parent: Node, now: number): void {
  for (let at = parent; at.parent !== undefined; at = at.parent) countAt(at, now);
}

/** It waits to be started, below this node. */
export function countAt(node: Node, now: number): void {
  node.spawnsBelow += 1;
  node.queuedBelow += 1;
  node.spawnPace?.take(now);
}

/** What a node's own bounds on starts say to one more below it. */
export function refusalAt(
  { limits, spawnsBelow, spawnPace }: Node,
  now: number,
): RootRoom["refusal"] {
  const { spawns, spawnRate } = limits;
  if (spawns !== undefined && spawnsBelow >= spawns) return { limit: "spawns", value: spawns };
  if (spawnRate === undefined) return undefined;
  const readyAt = spawnPace?.readyAt ?? Number.POSITIVE_INFINITY;
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
  const message =
    `"${template}" was not spawned: ${node.path} allows ${limit} ${value}. ` +
    `${instead[code]}raise its \`limits.${limit}\`${wait}`;
  return new CoppiceError(code, message, { node: node.path, limit, value, ...more });
}

/** Why nobody may wait for an agent that never gives a result. */
export function permanentInForeground({ template }: Birth): CoppiceError {
  const why = "a permanent agent never gives a result: spawn it in the background";
  return new CoppiceError("OPTIONS_INVALID", `"${template}" was not spawned: ${why}`, { template });
}
