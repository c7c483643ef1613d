import type { Node } from "./node.ts";
import type { SlotLane } from "./slot-queue.ts";

/**
 * Takes a slot for the node on every ancestor, or queues it at the topmost full one.
 *
 * The walk starts at the root, so that two subtrees never hold slots that the other needs.
 * @returns true when the slot was taken
 */
export function takeSlot(node: Node, lane: SlotLane): boolean {
  if (node.slot) return true;
  const full = topmostFull(node);
  if (full === undefined) {
    for (let at: Node | undefined = node; at !== undefined; at = at.parent) at.atWork += 1;
    node.slot = true;
    return true;
  }
  node.waitingAt = full;
  full.queue.push(node, lane);
  return false;
}

/** True when a new child of the node would find a slot at once. */
export function hasRoom(parent: Node): boolean {
  return topmostFull(parent) === undefined;
}

/**
 * Gives the node's slot or its place in a queue back and serves those who waited, root first.
 * @returns the nodes that hold a slot now and did not before
 */
export function giveSlot(node: Node): readonly Node[] {
  if (node.waitingAt !== undefined) {
    dequeue(node);
  } else if (node.slot) {
    node.slot = false;
    for (let at: Node | undefined = node; at !== undefined; at = at.parent) at.atWork -= 1;
  } else {
    return [];
  }
  return serve(node);
}

/** Takes the node out of the queue it stands in, without serving anybody. */
export function dequeue(node: Node): void {
  node.waitingAt?.queue.remove(node);
  node.waitingAt = undefined;
}

/** Serves the queues from the root down to the node, as far as there is room. */
export function serve(node: Node): readonly Node[] {
  const path: Node[] = [];
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) path.unshift(at);
  const granted: Node[] = [];
  for (const at of path) {
    // Who is blocked at another node moves on to its queue, so that only full nodes have one.
    while (!isFull(at)) {
      const next = at.queue.shift();
      if (next === undefined) break;
      next.node.waitingAt = undefined;
      if (takeSlot(next.node, next.lane)) granted.push(next.node);
    }
  }
  return granted;
}

function topmostFull(node: Node): Node | undefined {
  let full: Node | undefined;
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
    if (isFull(at)) full = at;
  }
  return full;
}

function isFull({ paused, limits: { concurrency }, atWork }: Node): boolean {
  return paused || (concurrency !== undefined && atWork >= concurrency);
}
