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
import { type Node, subtree } from "./node.ts";
import { forgetSuspect } from "./quarantine.ts";
import { keepRestartPoint } from "./restart-point.ts";
import { cameBack, hasStopped, renew } from "./restarts.ts";
import { dequeue } from "./slots.ts";
import { endStreams, withdrawPermits } from "./streams.ts";
import { type Supervised, supervise } from "./supervision.ts";
import { buryLeft, dropCalls, dropRequests } from "./tells.ts";
import type { Tree } from "./tree.ts";
import { settleRoom } from "./user-mail.ts";
import { settleWatches, unwatchAll } from "./watches.ts";

/** The end of an agent, as its host reported it or as the loss of the host implies it. */
export type SaidOfEnd = AgentEnd | Extract<End, { readonly status: "killed" }>;

/**
 * Ends a subtree: closes every agent of it, then signals each of them, then starts their grace.
 *
 * The first cause wins: an agent that is ending keeps its cause, and one that has ended keeps its
 * outcome. Only a stop for a restart gives way to an end for good.
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
  // The youngest first, and descendants before their ancestors.
  for (const at of closing.reverse()) signal(tree, at, at.ending as Ending);
  if (cancelled) tree.fact("cancel.signalled", node.path, { agents: closing.length });
  serveFrom(tree, node);
  const left = closing.filter((at) => at.end === undefined);
  if (left.length === 0) return;
  tree.deadlines.add(tree.now + tree.graceMs, { type: "kill", nodes: left, since: tree.now });
}

/** Takes an agent off its host for good; the agent has ended once its children have. */
export function finish(tree: Tree, node: Node, said: SaidOfEnd): void {
  if (node.finished !== undefined || node.end !== undefined) return;
  keepRestartPoint(node);
  node.finished = resolve(node, said);
  const closing = closingMessage(node.transcript);
  if (closing !== undefined) node.transcript.push(closing);
  node.closed = true;
  tree.locations.leave(node);
  tree.emit({ type: "close", node });
  if (node.calls.size > 0) {
    tree.emit({ type: "abort", node, reason: node.finished.status });
    endStreams(tree, node);
  }
  node.status = "stopping";
  unwatchAll(tree, node);
  forgetSuspect(tree, node);
  endAsksOf(tree, node);
  dropCalls(tree, node);
  dropRequests(tree, node);
  rest(tree, node);
  // Decided before the children end: the agent ends with the last of them, and a later verdict
  // would not reach it. For a member of a restart group the supervisor has decided already.
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

/** Finishes an agent whose end the host did not report; the host drops the incarnation. */
export function finishOn(tree: Tree, node: Node, host: string, said: SaidOfEnd): void {
  const { incarnation } = node;
  finish(tree, node, said);
  tree.emit({ type: "drop", node, incarnation, host });
}

/** Adds the members to their restart group, or fails the agent that is given up on. */
function mark(node: Node, end: End, verdict: Supervised): void {
  if (verdict.type === "give-up") {
    node.finished = { status: "failed", error: verdict.error, ...kept(end) };
  } else for (const member of verdict.group.members) member.group = verdict.group;
}

/** Carries out a supervisor's verdict: stops siblings, or ends all of them and the supervisor. */
function carryOut(tree: Tree, supervisor: Node, verdict: Supervised): void {
  const { stop, reason } = verdict;
  for (const at of stop) {
    const comesBack = verdict.type === "restart" && at.group === verdict.group;
    endSubtree(tree, at, { status: comesBack ? "restarting" : "cancelled", reason });
  }
  if (verdict.type === "restart") return;
  // Children that it starts from now on begin without counted restarts.
  supervisor.childRestarts = undefined;
  if (!verdict.escalates) return;
  const { error } = verdict;
  endSubtree(tree, supervisor, { status: "failed", reason, error, gaveUp: true });
}

/** Completes a task whose turn has ended, when nothing is left that could wake it. */
export function maybeComplete(tree: Tree, node: Node): void {
  if (node.idle === undefined || node.ending !== undefined || node.finished !== undefined) return;
  if (node.childSpec.lifetime !== "task" || node.openChildren > 0) return;
  if (!node.mailbox.empty || node.calls.size > 0) return;
  const { host, idle } = node;
  const said = { status: "completed", output: idle.output } as const;
  if (host === undefined) finish(tree, node, said);
  else finishOn(tree, node, host, said);
}

/** Ends agents that outlived their grace; a host that has not taken the order is terminated. */
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
    // The host has taken the order to end, so it is alive, and only the agent is slow.
    if (host === undefined) finish(tree, node, { status: "ended" });
    else finishOn(tree, node, host, { status: "ended" });
  }
  for (const [host, outlived] of silent) {
    tree.locations.force(host);
    tree.emit({ type: "terminate", host, reason: "an agent there outlived its grace", outlived });
  }
}

/**
 * Marks the agents that are killed with a host, before the host is terminated.
 *
 * An agent that another one kept from hearing the order to end is not killed: it ends with the
 * cause that it was given.
 *
 * @param nodes the agents that have not heard the order to end
 * @param running the agents that occupied the host's thread; empty when unknown
 */
export function outlive(tree: Tree, nodes: readonly Node[], running: readonly Running[]): void {
  for (const node of nodes) {
    const isOwn = ({ path, incarnation }: Running) =>
      path === node.path && incarnation === node.incarnation;
    if (running.length === 0 || running.some(isOwn)) force(tree, node);
  }
  // An agent that occupied the thread is killed too if it was ordered to end, even in its grace.
  for (const { path, incarnation } of running) {
    const node = tree.nodes.get(path);
    const isHere = node?.incarnation === incarnation && node.finished === undefined;
    if (node !== undefined && isHere && tree.has(node) && isEnding(node)) force(tree, node);
  }
}

function force(tree: Tree, node: Node): void {
  // A cancel and the stop behind it have a grace each; both may pass before the host has ended.
  if (!node.killed) tree.fact("cancel.killed", node.path);
  node.killed = true;
}

function close(tree: Tree, node: Node, ending: Ending): void {
  if (mayComeBack(ending)) keepRestartPoint(node);
  node.closed = true;
  node.ending = ending;
  node.endingSince = tree.now;
  if (ending.status !== "restarting" && node.group !== undefined) forgoRestart(tree, node);
  dropRequests(tree, node);
  dequeue(tree, node);
  tree.emit({ type: "close", node });
}

/** True for a stop for a restart, and for an end that may lead to one. */
function mayComeBack(
  ending: Ending,
): ending is Extract<Ending, { readonly status: "restarting" | "failed" }> {
  return ending.status === "restarting" || ending.status === "failed";
}

function isEnding({ ending }: Node): boolean {
  return ending !== undefined && ending.status !== "restarting";
}

/** Withdraws a restart: the agent ends for good, and with the new cause instead of the old one. */
function forgoRestart(tree: Tree, node: Node): void {
  if (node.group !== undefined) hasStopped(tree, node.group, node);
  node.group = undefined;
  if (node.finished !== undefined) node.finished = resolve(node, { status: "ended" });
}

function signal(tree: Tree, node: Node, ending: Ending): void {
  tree.emit({ type: "abort", node, reason: ending.reason });
  // An agent that may be restarted keeps its unread mail.
  if (!mayComeBack(ending)) {
    const waiting = node.mailbox.takeWaiting();
    withdrawPermits(tree, node, waiting);
    buryMail(tree, node, waiting);
    settleRoom(tree, node);
  }
  // An agent that is stopping has the order: a second one would cut a machine's clean-up short.
  if (node.finished !== undefined || node.status === "stopping" || node.depth === 0) return;
  // Without a host, nothing can answer the order to end.
  if (node.host === undefined) finish(tree, node, node.leaving ?? { status: "ended" });
  else if (isAtRest(node)) finishAtRest(tree, node, node.host);
  else {
    node.status = "stopping";
    const body: DeliveryBody = mayComeBack(ending)
      ? { type: "end", status: "cancelled", reason: ending.reason }
      : { type: "end", ...ending };
    tree.emit({ type: "deliver", node, n: node.mailbox.send(body).n, body });
  }
}

/** True for a loop between turns: nothing of it runs on its host, and its transcript is whole. */
function isAtRest({ idle, calls, mailbox }: Node): boolean {
  return idle !== undefined && calls.size === 0 && mailbox.unacknowledged.length === 0;
}

function finishAtRest(tree: Tree, node: Node, host: string): void {
  finishOn(tree, node, host, { status: "ended", partial: node.idle?.output ?? null });
}

/** Sets the end once every child has ended, and reports it to the parent and the watchers. */
function settleEnd(tree: Tree, node: Node): void {
  const end = node.finished;
  if (end === undefined || node.openChildren > 0 || node.end !== undefined) return;
  if (node.group !== undefined) return renew(tree, node);
  const parent = node.parent as Node;
  node.end = end;
  node.status = "stopped";
  buryLeft(tree, node);
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
  // A parent that is ending receives nothing any more.
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
  // A lost host cannot report a partial result; the committed transcript can.
  const known = kept ?? lastAnswer(node.transcript);
  const partial = known === undefined ? {} : { partial: known };
  if (node.killed) return { status: "killed", reason: node.ending?.reason ?? "killed", ...partial };
  const { ending } = node;
  if (ending === undefined) {
    // A host reports "ended" only on an order to end; without one, the agent is lost.
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
