import type { Node } from "./node.ts";
import type { SlotLane } from "./slot-queue.ts";
import type { Tree } from "./tree.ts";

/**
 * Takes a slot for the node at itself and every ancestor, or queues it at the topmost full one.
 *
 * The walk starts at the root, so that two subtrees never have slots that the other one needs.
 *
 * @returns true when the slot was taken
 */
export function takeSlot(tree: Tree, node: Node, lane: SlotLane): boolean {
  if (node.slot) return true;
  const full = topmostFull(node);
  if (!tree.commons.takeSlot(node, lane, full !== undefined)) {
    node.waitingAt = tree.root;
    return false;
  }
  if (full !== undefined) {
    wait(full, node, lane);
    return false;
  }
  occupy(node);
  return true;
}

/**
 * Uses the root's slot for a node that still waits at the root. When a node further down is full,
 * the slot is given back and the node is queued there.
 *
 * @returns true when the node has its slot
 */
export function takeServed(tree: Tree, node: Node, lane: SlotLane): boolean {
  if (node.waitingAt !== tree.root) return false;
  node.waitingAt = undefined;
  const full = topmostFull(node);
  if (full === undefined) {
    occupy(node);
    return true;
  }
  wait(full, node, lane);
  tree.commons.leaveSlot(node);
  return false;
}

/** True when a new child would get a slot at once, provided that the root has one. */
export function hasRoom(parent: Node): boolean {
  return topmostFull(parent) === undefined;
}

/**
 * Gives back the node's slot, or its place in a queue, and serves the waiting nodes, root first.
 *
 * @returns the nodes of this run that have a slot now and had none before
 */
export function giveSlot(tree: Tree, node: Node): readonly Node[] {
  if (node.waitingAt !== undefined) {
    dequeue(tree, node);
  } else if (node.slot) {
    node.slot = false;
    for (let at = node; at.parent !== undefined; at = at.parent) at.atWork -= 1;
    tree.commons.leaveSlot(node);
  } else {
    return [];
  }
  return serve(tree, node);
}

/** Removes the node from the queue in which it waits, without serving this run's queues. */
export function dequeue(tree: Tree, node: Node): void {
  if (node.waitingAt === tree.root) tree.commons.leaveSlot(node);
  else node.waitingAt?.queue.remove(node);
  node.waitingAt = undefined;
}

/**
 * Serves the queues from below the root down to the node, as far as there are free slots.
 *
 * @returns the nodes that have a slot now
 */
export function serve(tree: Tree, node: Node): readonly Node[] {
  const path: Node[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) path.unshift(at);
  const granted: Node[] = [];
  for (const at of path) {
    // A node blocked elsewhere moves to the queue there, so that only full nodes have a queue.
    while (!isFull(at)) {
      const next = at.queue.shift();
      if (next === undefined) break;
      next.node.waitingAt = undefined;
      if (takeSlot(tree, next.node, next.lane)) granted.push(next.node);
    }
  }
  return granted;
}

function occupy(node: Node): void {
  for (let at = node; at.parent !== undefined; at = at.parent) at.atWork += 1;
  node.slot = true;
}

function wait(full: Node, node: Node, lane: SlotLane): void {
  node.waitingAt = full;
  full.queue.push(node, lane);
}

/** Returns the topmost full node below the root; the root answers for itself. */
function topmostFull(node: Node): Node | undefined {
  let full: Node | undefined;
  for (let at = node; at.parent !== undefined; at = at.parent) {
    if (isFull(at)) full = at;
  }
  return full;
}

function isFull({ paused, limits: { concurrency }, atWork }: Node): boolean {
  return paused || (concurrency !== undefined && atWork >= concurrency);
}
