import type { DeliveryBody } from "../wire/delivery.ts";
import { tellIfOver } from "./asks.ts";
import { mayHaveChild } from "./limits.ts";
import { isPaused, type Node } from "./node.ts";
import type { SlotLane } from "./slot-queue.ts";
import { giveSlot, serve, takeServed, takeSlot } from "./slots.ts";
import type { Tree } from "./tree.ts";

const NONE: readonly DeliveryBody[] = [];

/** Posts to the system lane, which is never refused and always first; ignored once ending. */
export function post(tree: Tree, node: Node, body: DeliveryBody): void {
  if (node.ending !== undefined || node.end !== undefined) return;
  node.mailbox.system.push(body);
  flush(tree, node);
}

/**
 * Delivers the waiting mail, as far as the agent may take it now.
 *
 * Every delivery needs a slot. A loop takes messages only where they cannot split a turn: when its
 * turn has ended, or right before a model call (see {@link steer}).
 */
export function flush(tree: Tree, node: Node): void {
  if (node.host === undefined || node.ending !== undefined) return;
  if (!deliverable(node)) return;
  if (!wake(tree, node)) return;
  const { system, user } = node.mailbox;
  const keepsChildren = node.childSpec.loop && node.idle === undefined;
  const kept: DeliveryBody[] = [];
  for (const body of taken(system)) {
    if (keepsChildren && body.type === "child") kept.push(body);
    else deliver(tree, node, body);
  }
  if (kept.length > 0) system.push(...kept);
  if (!node.childSpec.loop) for (const body of taken(user)) deliver(tree, node, body);
  else if (node.idle !== undefined) takeMessages(tree, node, true);
}

/** Delivers the messages that wait for a loop right before its model call (steering). */
export function steer(tree: Tree, node: Node): void {
  const { system } = node.mailbox;
  for (const body of taken(system)) deliver(tree, node, body);
  takeMessages(tree, node, false);
  for (const note of taken(node.mailbox.notes)) deliver(tree, node, note);
}

/**
 * Acquires a slot, or queues for one in the `waker` lane.
 *
 * @returns true when the agent has a slot and is not paused
 */
export function wake(tree: Tree, node: Node): boolean {
  if (node.slot && !isPaused(node)) return true;
  // A paused agent gives its slot back only when its working calls have ended.
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

/** Gives back the agent's slot, or its place in a queue, and serves those who waited. */
export function rest(tree: Tree, node: Node): void {
  if (node.status === "running" || node.status === "starting") node.status = "waiting";
  grantAll(tree, giveSlot(tree, node));
}

/** Serves the queues on the path to a node, after something other than a slot came free. */
export function serveFrom(tree: Tree, node: Node): void {
  grantAll(tree, serve(tree, node));
}

/** Uses a slot that the root gives to a node that waited for it. */
export function goOnServed(tree: Tree, node: Node, lane: SlotLane): void {
  if (takeServed(tree, node, lane)) grantAll(tree, [node]);
}

/** Resumes nodes that were given a slot: a queued spawn starts, a waker gets its deliveries. */
export function grantAll(tree: Tree, granted: readonly Node[]): void {
  const all = tree.granted;
  all.nodes.push(...granted);
  // A resumed node may give its slot back and so grant others; the list keeps them from nesting.
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
  for (const command of node.waitingRequests) tree.emit({ type: "resume", node, command });
  flush(tree, node);
}

/** Takes up what arrived while the agent was paused but kept its slot for a working call. */
export function catchUp(tree: Tree, node: Node): void {
  if (!node.slot || node.status !== "running" || isPaused(node)) return;
  if (node.waitingRequests.length > 0 || !node.mailbox.empty) goOn(tree, node);
}

/** Starts an agent that has a slot, or parks it until a sibling ends. */
export function startAgent(tree: Tree, node: Node): void {
  if (!node.started) {
    if (!mayStart(tree, node)) {
      grantAll(tree, giveSlot(tree, node));
      // The root has parked a top-level agent already.
      if (node.depth > 1) node.parent?.parked.push(node);
      return;
    }
    begin(tree, node);
  }
  node.status = "starting";
  tree.emit({ type: "place", node, moved: false });
}

/** Starts the next parked child, after a sibling of it has ended. */
export function startParked(tree: Tree, parent: Node): void {
  for (let next = parent.parked.shift(); next !== undefined; next = parent.parked.shift()) {
    if (next.closed) continue;
    return unpark(tree, next);
  }
}

/** Starts an agent that is no longer parked, as soon as it has a slot. */
export function unpark(tree: Tree, node: Node): void {
  if (takeSlot(tree, node, "spawn")) grantAll(tree, [node]);
}

/** True when no limit on live children keeps the node from being started. */
function mayStart({ commons }: Tree, node: Node): boolean {
  return node.depth === 1 ? commons.mayStart(node) : mayHaveChild(node.parent as Node);
}

/** Counts the node as a live child of its parent, and starts its timeout. */
function begin(tree: Tree, node: Node): void {
  const parent = node.parent as Node;
  dequeued(tree, node);
  node.started = true;
  if (node.depth > 1) parent.liveChildren += 1;
  const { timeoutMs } = node.childSpec;
  if (timeoutMs === undefined) return;
  // Set even past the parent's deadline, which a question on behalf of another child may extend.
  node.deadline = tree.now + timeoutMs;
  tree.deadlines.add(node.deadline, { type: "timeout", node });
}

/** Removes a node from the counts of agents that wait to be started. */
export function dequeued(tree: Tree, node: Node): void {
  for (let at = node.parent; at?.parent !== undefined; at = at.parent) at.queuedBelow -= 1;
  tree.commons.dequeued();
}

/** Removes and returns the first items of a lane, which mostly has none. */
function taken(lane: DeliveryBody[], many = lane.length): readonly DeliveryBody[] {
  if (many === 0) return NONE;
  if (many < lane.length) return lane.splice(0, many);
  const all = lane.slice();
  lane.length = 0;
  return all;
}

function deliver(tree: Tree, node: Node, body: DeliveryBody): void {
  const { n } = node.mailbox.send(body);
  if (body.type === "message" || body.type === "child") node.idle = undefined;
  tree.emit({ type: "deliver", node, n, body });
  tellIfOver(tree, node, body);
}

function deliverable(node: Node): boolean {
  const { system, user } = node.mailbox;
  if (!node.childSpec.loop) return system.length + user.length > 0;
  if (node.idle !== undefined) return system.length + user.length > 0;
  return system.some((body) => body.type !== "child");
}

/**
 * Delivers the messages that may share one turn. An ask begins a turn of its own, so that its
 * answer is the text of that turn; the messages behind it wait.
 */
function takeMessages(tree: Tree, node: Node, turnStarts: boolean): void {
  const { user } = node.mailbox;
  let many = 0;
  for (const body of user) {
    const isAsk = body.type === "message" && body.askId !== undefined;
    if (isAsk && !(turnStarts && many === 0)) break;
    many += 1;
    if (isAsk) break;
  }
  for (const body of taken(user, many)) deliver(tree, node, body);
}
