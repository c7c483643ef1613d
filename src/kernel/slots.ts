import type { Node } from "./node.ts";
import type { SlotLane } from "./slot-queue.ts";
import type { Tree } from "./tree.ts";

/**
 * Takes a slot for the node on every ancestor, or queues it at the topmost full one.
 *
 * The walk starts at the root, so that two subtrees never hold slots that the other needs.
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
  hold(node);
  return true;
}

/**
 * The root has a slot for the node now, if it still waits there; it may be needed further down.
 * @returns true when it is the node's
 */
export function takeServed(tree: Tree, node: Node, lane: SlotLane): boolean {
  if (node.waitingAt !== tree.root) return false;
  node.waitingAt = undefined;
  const full = topmostFull(node);
  if (full === undefined) {
    hold(node);
    return true;
  }
  wait(full, node, lane);
  tree.commons.leaveSlot(node);
  return false;
}

/** True when a new child of the node would find a slot at once, if the root has one. */
export function hasRoom(parent: Node): boolean {
  return topmostFull(parent) === undefined;
}

/**
 * Gives the node's slot or its place in a queue back and serves those who waited, root first.
 * @returns the nodes of this run that hold a slot now and did not before
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

/** Takes the node out of the queue it stands in, without serving anybody. */
export function dequeue(tree: Tree, node: Node): void {
  if (node.waitingAt === tree.root) tree.commons.leaveSlot(node);
  else node.waitingAt?.queue.remove(node);
  node.waitingAt = undefined;
}

/** Serves the queues from below the root down to the node, as far as there is room. */
export function serve(tree: Tree, node: Node): readonly Node[] {
  const path: Node[] = [];
  for (let at = node; at.parent !== undefined; at = at.parent) path.unshift(at);
  const granted: Node[] = [];
  for (const at of path) {
    // Who is blocked at another node moves on to its queue, so that only full nodes have one.
    while (!isFull(at)) {
      const next = at.queue.shift();
      if (next === undefined) break;
      next.node.waitingAt = undefined;
      if (takeSlot(tree, next.node, next.lane)) granted.push(next.node);
    }
  }
  return granted;
}

function hold(node: Node): void {
  for (let at = node; at.parent !== undefined; at = at.parent) at.atWork += 1;
  node.slot = true;
}

function wait(full: Node, node: Node, lane: SlotLane): void {
  node.waitingAt = full;
  full.queue.push(node, lane);
}

/** Below the root, which says so itself. */
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
