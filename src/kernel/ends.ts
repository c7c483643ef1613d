import { CoppiceError } from "../errors.ts";
import { lastAnswer } from "../wire/continuation.ts";
import type { DeliveryBody } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { AgentEnd } from "../wire/frame.ts";
import { closingMessage } from "../wire/transcript.ts";
import { endAsksOf } from "./asks.ts";
import type { Running } from "./blame.ts";
import { childReport, childResult, kept, settleCall, settleWaits } from "./calls.ts";
import { buryMail, failAsks } from "./dead-letters.ts";
import { dequeued, post, rest, serveFrom, startParked } from "./dispatch.ts";
import type { End, Ending } from "./end.ts";
import { keepLastGood } from "./last-good.ts";
import { type Node, subtree } from "./node.ts";
import { endTrial } from "./quarantine.ts";
import { cameBack, hasStopped, renew } from "./restarts.ts";
import { dequeue } from "./slots.ts";
import { endStreams, withdrawPermits } from "./streams.ts";
import { type Supervised, supervise } from "./supervision.ts";
import type { Tree } from "./tree.ts";
import { settleRoom } from "./user-mail.ts";
import { settleWatches, unwatchAll } from "./watches.ts";

/** How an agent ended, by its host's word or by the loss of it. */
export type SaidOfEnd = AgentEnd | Extract<End, { readonly status: "killed" }>;

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
    if (at.end !== undefined || isEnding(at)) continue;
    close(tree, at, at === node ? ending : below);
    closing.push(at);
  }
  if (closing.length === 0) return;
  if (cancelled) tree.fact("cancel.closed", node.path, { agents: closing.length });
  // The youngest first, and who is below before who is above.
  for (const at of closing.reverse()) signal(tree, at, at.ending as Ending);
  if (cancelled) tree.fact("cancel.signalled", node.path, { agents: closing.length });
  serveFrom(tree, node);
  const left = closing.filter((at) => at.end === undefined);
  if (left.length === 0) return;
  tree.deadlines.add(tree.now + tree.graceMs, { type: "kill", nodes: left, since: tree.now });
}

/** The host's last word on an agent: it is gone from there, and ends once its children have. */
export function finish(tree: Tree, node: Node, said: SaidOfEnd): void {
  if (node.finished !== undefined || node.end !== undefined) return;
  keepLastGood(node);
  node.finished = resolve(node, said);
  const closing = closingMessage(node.transcript);
  if (closing !== undefined) node.transcript.push(closing);
  node.closed = true;
  tree.residences.leave(node);
  tree.emit({ type: "close", node });
  if (node.calls.size > 0) {
    tree.emit({ type: "abort", node, reason: node.finished.status });
    endStreams(tree, node);
  }
  node.status = "stopping";
  unwatchAll(tree, node);
  endTrial(tree, node);
  endAsksOf(tree, node);
  node.calls.clear();
  node.held.length = 0;
  rest(tree, node);
  // Before its children end: with the last of them it is gone, and no verdict would reach it. One
  // that is stopped to come back has its supervisor's word already.
  const verdict = node.group === undefined ? supervise(tree, node, node.finished) : undefined;
  if (verdict !== undefined) mark(node, node.finished, verdict);
  for (const child of [...node.children.values()].reverse()) {
    if (child.end === undefined)
      endSubtree(tree, child, { status: "cancelled", reason: "parent-ended" });
  }
  if (verdict !== undefined) carryOut(tree, node.parent as Node, verdict);
  settleRoom(tree, node);
  cameBack(tree, node);
  settleEnd(tree, node);
}

/** As {@link finish}, where the host has not said so itself: it forgets that incarnation. */
export function finishOn(tree: Tree, node: Node, host: string, said: SaidOfEnd): void {
  const { incarnation } = node;
  finish(tree, node, said);
  tree.emit({ type: "drop", node, incarnation, host });
}

/** Whoever comes back is of a group from now on; whoever is given up on has failed with that. */
function mark(node: Node, end: End, verdict: Supervised): void {
  if (verdict.type === "give-up") {
    node.finished = { status: "failed", error: verdict.error, ...kept(end) };
  } else for (const member of verdict.group.members) member.group = verdict.group;
}

/** Does what its supervisor decided: others may have to stop, or all of them to end. */
function carryOut(tree: Tree, supervisor: Node, verdict: Supervised): void {
  const { stop, reason } = verdict;
  for (const at of stop) {
    const comesBack = verdict.type === "restart" && at.group === verdict.group;
    endSubtree(tree, at, { status: comesBack ? "restarting" : "cancelled", reason });
  }
  if (verdict.type === "restart") return;
  // Whatever it starts from now on has not failed yet.
  supervisor.childRestarts = undefined;
  if (!verdict.escalates) return;
  const { error } = verdict;
  endSubtree(tree, supervisor, { status: "failed", reason, error, gaveUp: true });
}

/** Completes a task whose turn has ended with nothing left that could wake it. */
export function maybeComplete(tree: Tree, node: Node): void {
  if (node.idle === undefined || node.ending !== undefined || node.finished !== undefined) return;
  if (node.birth.lifetime !== "task" || node.openChildren > 0) return;
  if (!node.mailbox.empty || node.calls.size > 0) return;
  const { host, idle } = node;
  const said = { status: "completed", output: idle.output } as const;
  if (host === undefined) finish(tree, node, said);
  else finishOn(tree, node, host, said);
}

/** Ends by force what is still there after its grace; a host that does not hear is condemned. */
export function kill(tree: Tree, nodes: readonly Node[]): void {
  const silent = new Map<string, Node[]>();
  for (const node of nodes) {
    if (node.end !== undefined || node.finished !== undefined) continue;
    const { host, mailbox } = node;
    if (host !== undefined && mailbox.unacknowledged.length > 0) {
      silent.set(host, [...(silent.get(host) ?? []), node]);
      continue;
    }
    force(tree, node);
    // Its host lives, since it has answered the order to end: only the agent takes its time.
    if (host === undefined) finish(tree, node, { status: "ended" });
    else finishOn(tree, node, host, { status: "ended" });
  }
  for (const [host, outlived] of silent) {
    tree.residences.force(host);
    tree.emit({ type: "condemn", host, reason: "an agent there outlived its grace", outlived });
  }
}

/**
 * The host of agents that have not heard the order to end is about to be ended. Whom another one
 * has kept from hearing it ends as it was told to, and is not killed for that.
 */
export function outlive(tree: Tree, nodes: readonly Node[], running: readonly Running[]): void {
  for (const node of nodes) {
    const isOwn = ({ path, incarnation }: Running) =>
      path === node.path && incarnation === node.incarnation;
    if (running.length === 0 || running.some(isOwn)) force(tree, node);
  }
  // Whoever kept them from it, where its own order to end is as unheard and only its grace younger.
  for (const { path, incarnation } of running) {
    const node = tree.nodes.get(path);
    const isHere = node?.incarnation === incarnation && node.finished === undefined;
    if (node !== undefined && isHere && tree.has(node) && isEnding(node)) force(tree, node);
  }
}

function force(tree: Tree, node: Node): void {
  // A cancel and the stop behind it have a grace each, and both may end before the host has.
  if (!node.killed) tree.fact("cancel.killed", node.path);
  node.killed = true;
}

function close(tree: Tree, node: Node, ending: Ending): void {
  if (mayComeBack(ending)) keepLastGood(node);
  node.closed = true;
  node.ending = ending;
  node.endingSince = tree.now;
  if (ending.status !== "restarting" && node.group !== undefined) forgoRestart(tree, node);
  node.held.length = 0;
  dequeue(tree, node);
  tree.emit({ type: "close", node });
}

/** Stopped to be restarted, or ended for what its supervisor may take for a failure. */
function mayComeBack(
  ending: Ending,
): ending is Extract<Ending, { readonly status: "restarting" | "failed" }> {
  return ending.status === "restarting" || ending.status === "failed";
}

function isEnding({ ending }: Node): boolean {
  return ending !== undefined && ending.status !== "restarting";
}

/** It was to come back, and is ended for good: that is its outcome, not why it stopped before. */
function forgoRestart(tree: Tree, node: Node): void {
  if (node.group !== undefined) hasStopped(tree, node.group, node);
  node.group = undefined;
  if (node.finished !== undefined) node.finished = resolve(node, { status: "ended" });
}

function signal(tree: Tree, node: Node, ending: Ending): void {
  tree.emit({ type: "abort", node, reason: ending.reason });
  // Who may come back reads then what it had not yet read.
  if (!mayComeBack(ending)) {
    const waiting = node.mailbox.takeWaiting();
    withdrawPermits(tree, node, waiting);
    buryMail(tree, node, waiting);
    settleRoom(tree, node);
  }
  // Who stops already was told so: a machine that cleans up would be cut short by the second word.
  if (node.finished !== undefined || node.status === "stopping" || node.depth === 0) return;
  // Who has no host yet, or none any more, has nobody there to ask.
  if (node.host === undefined) finish(tree, node, { status: "ended" });
  else if (isAtRest(node)) finishAtRest(tree, node, node.host);
  else {
    node.status = "stopping";
    const body: DeliveryBody = mayComeBack(ending)
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
  finishOn(tree, node, host, { status: "ended", partial: node.idle?.output ?? null });
}

/** Writes the outcome once everything below is gone, and tells whoever waits for it. */
function settleEnd(tree: Tree, node: Node): void {
  const end = node.finished;
  if (end === undefined || node.openChildren > 0 || node.end !== undefined) return;
  if (node.group !== undefined) return renew(tree, node);
  const parent = node.parent as Node;
  node.end = end;
  node.status = "stopped";
  buryMail(tree, node, node.mailbox.clear());
  failAsks(tree, node.asks, `${node.path} ended before it answered`);
  tree.emit({ type: "ended", node, end });
  if (!node.started) dequeued(tree, node);
  else if (node.depth > 1) parent.liveChildren -= 1;
  parent.openChildren -= 1;
  inform(tree, parent, node, end);
  settleWatches(tree, node, end);
  if (node.depth > 1) startParked(tree, parent);
  else tree.commons.over(node);
  settleEnd(tree, parent);
  maybeComplete(tree, parent);
}

function inform(tree: Tree, parent: Node, node: Node, end: End): void {
  // Whoever is ending is given nothing any more.
  if (parent.depth === 0 || parent.finished !== undefined || parent.ending !== undefined) return;
  const waited = settleWaits(tree, parent, node);
  if (node.foregroundCall !== undefined) {
    return settleCall(tree, parent, node.foregroundCall, childResult(node, end));
  }
  if (waited) return;
  const { name, path } = node;
  post(tree, parent, { type: "child", path, name, outcome: childReport(node, end) });
}

function resolve(node: Node, said: SaidOfEnd): End {
  const kept = "partial" in said ? said.partial : undefined;
  // A host that is gone cannot say what its agent had come to; what it committed can.
  const known = kept ?? lastAnswer(node.transcript);
  const partial = known === undefined ? {} : { partial: known };
  if (node.killed) return { status: "killed", reason: node.ending?.reason ?? "killed", ...partial };
  const { ending } = node;
  if (ending === undefined) {
    // A host says "ended" only when asked to end; unasked, the agent is simply lost.
    if (said.status === "completed") return said;
    if (said.status === "failed") return { status: "failed", error: said.error, ...partial };
    if (said.status === "killed") return { ...said, ...partial };
    const error = new CoppiceError("HOST_LOST", `the host of ${node.path} gave it up`);
    return { status: "failed", error: encodeError(error, "HOST_LOST"), ...partial };
  }
  switch (ending.status) {
    case "cancelled":
    case "restarting":
      return { status: "cancelled", reason: ending.reason, ...partial };
    case "timed-out":
      return { status: "timed-out", ...partial };
    case "exhausted":
      return { status: "exhausted", unit: ending.unit, ...partial };
    default:
      return { status: "failed", error: ending.error, ...partial };
  }
}
