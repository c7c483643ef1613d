import type { DeliveryBody } from "../wire/delivery.ts";
import { tellIfOver } from "./asks.ts";
import { mayHaveChild } from "./limits.ts";
import { isPaused, type Node } from "./node.ts";
import type { SlotLane } from "./slot-queue.ts";
import { giveSlot, serve, takeServed, takeSlot } from "./slots.ts";
import type { Tree } from "./tree.ts";

/** Posts to the system lane: never refused, always first. */
export function post(tree: Tree, node: Node, body: DeliveryBody): void {
  if (node.ending !== undefined || node.end !== undefined) return;
  node.mailbox.system.push(body);
  flush(tree, node);
}

/**
 * Delivers what waits, as far as the agent may take it now.
 *
 * Everything needs a slot. The loop takes messages where they cannot tear a turn apart: when its
 * turn has ended, or right before a model call (see {@link steer}).
 */
export function flush(tree: Tree, node: Node): void {
  if (node.host === undefined || node.ending !== undefined) return;
  if (!deliverable(node)) return;
  if (!wake(tree, node)) return;
  const { system, user } = node.mailbox;
  const kept: DeliveryBody[] = [];
  for (const body of system.splice(0)) {
    if (body.type === "child" && node.birth.loop && node.idle === undefined) kept.push(body);
    else deliver(tree, node, body);
  }
  system.push(...kept);
  if (!node.birth.loop) for (const body of user.splice(0)) deliver(tree, node, body);
  else if (node.idle !== undefined) takeMessages(tree, node, true);
}

/** Hands the loop what it was told, right before a model call: steering. */
export function steer(tree: Tree, node: Node): void {
  const { system } = node.mailbox;
  for (const body of system.splice(0)) deliver(tree, node, body);
  takeMessages(tree, node, false);
  for (const note of node.mailbox.notes.splice(0)) deliver(tree, node, note);
}

/** Acquires a slot, or queues for one in the lane of the wakers. */
export function wake(tree: Tree, node: Node): boolean {
  if (node.slot && !isPaused(node)) return true;
  // Paused: what runs keeps its slot to its end, and only then is it given back.
  if (node.slot && isWorking(node)) return false;
  if (node.slot) rest(tree, node);
  if (node.waitingAt !== undefined) return false;
  if (!takeSlot(tree, node, "waker")) return false;
  node.status = "running";
  return true;
}

/** True while a model streams or a tool runs for the agent. */
export function isWorking(node: Node): boolean {
  for (const call of node.calls.values()) if (call.state === "working") return true;
  return false;
}

/** Gives the slot back, because all that the agent waits for needs none. */
export function rest(tree: Tree, node: Node): void {
  if (node.status === "running" || node.status === "starting") node.status = "waiting";
  grantAll(tree, giveSlot(tree, node));
}

/** Serves the queues of a path after something other than a slot came free. */
export function serveFrom(tree: Tree, node: Node): void {
  grantAll(tree, serve(tree, node));
}

/** The root has a slot for who waits there. */
export function goOnServed(tree: Tree, node: Node, lane: SlotLane): void {
  if (takeServed(tree, node, lane)) grantAll(tree, [node]);
}

/** Goes on with those who were given a slot: a queued spawn starts, a waker gets its deliveries. */
export function grantAll(tree: Tree, granted: readonly Node[]): void {
  const all = tree.granted;
  all.nodes.push(...granted);
  // Going on may give slots back and grant others: a list, so that a thousand do not nest.
  if (all.isGoingOn) return;
  all.isGoingOn = true;
  for (let node = all.nodes.shift(); node !== undefined; node = all.nodes.shift()) {
    goOn(tree, node);
  }
  all.isGoingOn = false;
}

function goOn(tree: Tree, node: Node): void {
  if (node.closed || node.end !== undefined) return rest(tree, node);
  if (node.status === "queued") return startAgent(tree, node);
  node.status = "running";
  for (const out of node.held) tree.emit({ type: "resume", node, out });
  flush(tree, node);
}

/** What came while it was paused and kept its slot, because something still ran for it. */
export function catchUp(tree: Tree, node: Node): void {
  if (!node.slot || node.status !== "running" || isPaused(node)) return;
  if (node.held.length > 0 || !node.mailbox.empty) goOn(tree, node);
}

/** Starts an agent that holds its slot, or parks it until a sibling ends. */
export function startAgent(tree: Tree, node: Node): void {
  if (!node.started) {
    if (!mayStart(tree, node)) {
      grantAll(tree, giveSlot(tree, node));
      // A top-level agent waits at the root, which knows it already.
      if (node.depth > 1) node.parent?.parked.push(node);
      return;
    }
    begin(tree, node);
  }
  node.status = "starting";
  tree.emit({ type: "place", node, moved: false });
}

/** A child has ended: the next one that waits for that is started. */
export function startParked(tree: Tree, parent: Node): void {
  for (let next = parent.parked.shift(); next !== undefined; next = parent.parked.shift()) {
    if (next.closed) continue;
    return unpark(tree, next);
  }
}

/** It may be started now, once it has a slot. */
export function unpark(tree: Tree, node: Node): void {
  if (takeSlot(tree, node, "spawn")) grantAll(tree, [node]);
}

/** True when no bound on live children keeps the node from being started. */
function mayStart({ commons }: Tree, node: Node): boolean {
  return node.depth === 1 ? commons.mayStart(node) : mayHaveChild(node.parent as Node);
}

/** Counts its first incarnation among the living children, and starts its clock. */
function begin(tree: Tree, node: Node): void {
  const parent = node.parent as Node;
  dequeued(tree, node);
  node.started = true;
  if (node.depth > 1) parent.liveChildren += 1;
  const { timeoutMs } = node.birth;
  if (timeoutMs === undefined) return;
  // Whatever its parent's is: that one may be put off while a person is asked for another child.
  node.deadline = tree.now + timeoutMs;
  tree.deadlines.add(node.deadline, { type: "timeout", node });
}

/** Takes a node out of the counts of those who wait to be started. */
export function dequeued(tree: Tree, node: Node): void {
  for (let at = node.parent; at?.parent !== undefined; at = at.parent) at.queuedBelow -= 1;
  tree.commons.dequeued();
}

function deliver(tree: Tree, node: Node, body: DeliveryBody): void {
  const { n } = node.mailbox.send(body);
  if (body.type === "message" || body.type === "child") node.idle = undefined;
  tree.emit({ type: "deliver", node, n, body });
  tellIfOver(tree, node, body);
}

function deliverable(node: Node): boolean {
  const { system, user } = node.mailbox;
  if (!node.birth.loop) return system.length + user.length > 0;
  if (node.idle !== undefined) return system.length + user.length > 0;
  return system.some((body) => body.type !== "child");
}

/**
 * Takes the messages that one turn may hold: an ask begins a turn of its own, so that its answer
 * is the text it caused; whatever came after it waits behind it.
 */
function takeMessages(tree: Tree, node: Node, turnStarts: boolean): void {
  const { user } = node.mailbox;
  let taken = 0;
  for (const body of user) {
    const isAsk = body.type === "message" && body.askId !== undefined;
    if (isAsk && !(turnStarts && taken === 0)) break;
    taken += 1;
    if (isAsk) break;
  }
  for (const body of user.splice(0, taken)) deliver(tree, node, body);
}
