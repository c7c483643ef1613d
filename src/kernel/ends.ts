import { CoppiceError } from "../errors.ts";
import type { DeliveryBody } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { AgentEnd } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { closingMessage, lastSaid } from "../wire/transcript.ts";
import { childReport, childResult, settleCall, settleWaits } from "./calls.ts";
import { dequeued, grantAll, post, rest, serveFrom } from "./dispatch.ts";
import { type End, type Ending, type Node, subtree } from "./node.ts";
import { dequeue, takeSlot } from "./slots.ts";
import type { Tree } from "./tree.ts";

/**
 * Ends a subtree: closes all of it first, then signals, then gives it its grace.
 *
 * The first cause wins: an agent that is ending keeps its cause, one that has ended its outcome.
 */
export function endSubtree(tree: Tree, node: Node, ending: Ending): void {
  const cancelled = ending.status === "cancelled";
  const below: Ending = { status: "cancelled", reason: cancelled ? ending.reason : "parent-ended" };
  const closing: Node[] = [];
  for (const at of subtree(node)) {
    if (at.end !== undefined || at.ending !== undefined) continue;
    close(tree, at, at === node ? ending : below);
    closing.push(at);
  }
  if (closing.length === 0) return;
  if (cancelled) tree.fact("cancel.closed", node.path, { agents: closing.length });
  for (const at of closing) signal(tree, at, at.ending as Ending);
  if (cancelled) tree.fact("cancel.signalled", node.path, { agents: closing.length });
  serveFrom(tree, node);
  const left = closing.filter((at) => at.end === undefined);
  if (left.length > 0) tree.deadlines.add(tree.now + tree.graceMs, { type: "kill", nodes: left });
}

/** The host's last word on an agent: it is gone from there, and ends once its children have. */
export function finish(tree: Tree, node: Node, said: AgentEnd): void {
  if (node.finished !== undefined || node.end !== undefined) return;
  node.finished = resolve(node, said);
  const closing = closingMessage(node.transcript);
  if (closing !== undefined) node.transcript.push(closing);
  node.closed = true;
  tree.residences.leave(node);
  tree.emit({ type: "close", node });
  if (node.calls.size > 0) tree.emit({ type: "abort", node, reason: node.finished.status });
  node.status = "stopping";
  node.calls.clear();
  node.held.length = 0;
  rest(tree, node);
  for (const child of [...node.children.values()]) {
    if (child.end === undefined)
      endSubtree(tree, child, { status: "cancelled", reason: "parent-ended" });
  }
  settleEnd(tree, node);
}

/** Completes a task whose turn has ended with nothing left that could wake it. */
export function maybeComplete(tree: Tree, node: Node): void {
  if (node.idle === undefined || node.ending !== undefined || node.finished !== undefined) return;
  if (node.birth.lifetime !== "task" || node.openChildren > 0) return;
  if (!node.mailbox.empty || node.calls.size > 0) return;
  const { host, idle } = node;
  finish(tree, node, { status: "completed", output: idle.output });
  if (host !== undefined) tree.emit({ type: "drop", node, host });
}

/** Ends by force what is still there after its grace: its host is condemned. */
export function kill(tree: Tree, nodes: readonly Node[]): void {
  const hosts = new Set<string>();
  for (const node of nodes) {
    if (node.end !== undefined || node.finished !== undefined) continue;
    // A cancel and the stop behind it have a grace each, and both may end before the host has.
    if (!node.killed) tree.fact("cancel.killed", node.path);
    node.killed = true;
    if (node.host === undefined) finish(tree, node, { status: "ended" });
    else hosts.add(node.host);
  }
  for (const host of hosts) {
    tree.emit({ type: "condemn", host, reason: "an agent there outlived its grace" });
  }
}

/** Makes a message that cannot arrive visible, with its sender and the reason. */
export function deadLetter(
  tree: Tree,
  letter: {
    readonly from: string;
    readonly to: string;
    readonly reason: string;
    readonly message?: Json;
  },
): void {
  tree.deadLetters += 1;
  const { to, ...rest } = letter;
  tree.fact("letter.dead", to, rest);
}

function close(tree: Tree, node: Node, ending: Ending): void {
  node.closed = true;
  node.ending = ending;
  node.held.length = 0;
  dequeue(node);
  tree.emit({ type: "close", node });
}

function signal(tree: Tree, node: Node, ending: Ending): void {
  tree.emit({ type: "abort", node, reason: ending.reason });
  buryMail(tree, node, node.mailbox.takeWaiting());
  if (node.finished !== undefined || node.depth === 0) return;
  // Who has no host yet, or none any more, has nobody there to ask.
  if (node.host === undefined) finish(tree, node, { status: "ended" });
  else if (isAtRest(node)) finishAtRest(tree, node, node.host);
  else {
    node.status = "stopping";
    const body: DeliveryBody =
      ending.status === "failed"
        ? { type: "end", status: "cancelled", reason: ending.reason }
        : { type: "end", ...ending };
    tree.emit({ type: "deliver", node, n: node.mailbox.send(body).n, body });
  }
}

/** A loop between turns: nothing of it runs on its host, and its transcript is whole. */
function isAtRest({ idle, calls, mailbox }: Node): boolean {
  return idle !== undefined && calls.size === 0 && mailbox.unacknowledged.length === 0;
}

function finishAtRest(tree: Tree, node: Node, host: string): void {
  finish(tree, node, { status: "ended", partial: node.idle?.output ?? null });
  tree.emit({ type: "drop", node, host });
}

/** Writes the outcome once everything below is gone, and tells whoever waits for it. */
function settleEnd(tree: Tree, node: Node): void {
  const end = node.finished;
  if (end === undefined || node.openChildren > 0 || node.end !== undefined) return;
  const parent = node.parent as Node;
  node.end = end;
  node.status = "stopped";
  buryMail(tree, node, node.mailbox.clear());
  failAsks(tree, node);
  tree.emit({ type: "ended", node, end });
  if (node.started) parent.liveChildren -= 1;
  else dequeued(node);
  parent.openChildren -= 1;
  tree.keepStopped(node);
  inform(tree, parent, node, end);
  startParked(tree, parent);
  settleEnd(tree, parent);
  maybeComplete(tree, parent);
}

function inform(tree: Tree, parent: Node, node: Node, end: End): void {
  if (parent.depth === 0 || parent.finished !== undefined) return;
  const waited = settleWaits(tree, parent, node);
  if (node.foregroundCall !== undefined) {
    return settleCall(tree, parent, node.foregroundCall, childResult(node, end));
  }
  if (waited) return;
  const { name, path } = node;
  post(tree, parent, { type: "child", path, name, outcome: childReport(node, end) });
}

function startParked(tree: Tree, parent: Node): void {
  for (let next = parent.parked.shift(); next !== undefined; next = parent.parked.shift()) {
    if (next.closed) continue;
    if (takeSlot(next, "spawn")) grantAll(tree, [next]);
    return;
  }
}

function resolve(node: Node, said: AgentEnd): End {
  const kept = "partial" in said ? said.partial : undefined;
  // A host that is gone cannot say what its agent had come to; what it committed can.
  const known = kept ?? lastSaid(node.transcript);
  const partial = known === undefined ? {} : { partial: known };
  if (node.killed) return { status: "killed", reason: node.ending?.reason ?? "killed", ...partial };
  const { ending } = node;
  if (ending === undefined) {
    // A host says "ended" only when asked to end; unasked, the agent is simply lost.
    if (said.status === "completed") return said;
    if (said.status === "failed") return { ...said, ...partial };
    const error = new CoppiceError("HOST_LOST", `the host of ${node.path} gave it up`);
    return { status: "failed", error: encodeError(error, "HOST_LOST"), ...partial };
  }
  switch (ending.status) {
    case "cancelled":
      return { status: "cancelled", reason: ending.reason, ...partial };
    case "timed-out":
      return { status: "timed-out", ...partial };
    case "exhausted":
      return { status: "exhausted", unit: ending.unit, ...partial };
    default:
      return { status: "failed", error: ending.error, ...partial };
  }
}

function buryMail(tree: Tree, node: Node, bodies: readonly DeliveryBody[]): void {
  for (const body of bodies) {
    if (body.type !== "message") continue;
    const { from, message } = body;
    deadLetter(tree, { from, to: node.path, reason: "the agent has ended", message });
  }
}

function failAsks(tree: Tree, node: Node): void {
  for (const askId of node.asks) {
    if (!tree.asks.delete(askId)) continue;
    const error = new CoppiceError("AGENT_STOPPED", `${node.path} ended before it answered`);
    tree.emit({ type: "answer-failed", askId, error: encodeError(error, "AGENT_STOPPED") });
  }
}
