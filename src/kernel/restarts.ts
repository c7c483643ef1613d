import { deadLetter, failAsks } from "./dead-letters.ts";
import { startAgent } from "./dispatch.ts";
import { errorOf } from "./end.ts";
import type { Node, RestartGroup } from "./node.ts";
import { restoreMail } from "./restart-point.ts";
import { takeSlot } from "./slots.ts";
import type { Tree } from "./tree.ts";

/**
 * Prepares a stopped agent for its restart: a new incarnation at the same path, with the same
 * account, turns and deadline, and with the messages that it had not taken in. The names of its
 * children are free again.
 */
export function renew(tree: Tree, node: Node): void {
  const { group, finished } = node;
  // An agent that completed has nothing left to do in its snapshot, so it starts from its input.
  const anew = node.childSpec.restartFrom !== "snapshot" || finished?.status === "completed";
  node.incarnation += 1;
  node.status = "waiting";
  node.ending = undefined;
  node.finished = undefined;
  node.leaving = undefined;
  node.killed = false;
  node.busy = false;
  node.idle = undefined;
  node.turnEnded = undefined;
  node.moves = 0;
  node.childRestarts = undefined;
  node.names.renew();
  if (anew) forgetState(tree, node);
  else keepState(tree, node);
  tree.emit({ type: "renew", node });
  if (group !== undefined) hasStopped(tree, group, node);
}

/** Records that a member has stopped; the wait before the restart begins with the last one. */
export function hasStopped(tree: Tree, group: RestartGroup, node: Node): void {
  if (!group.stopping.delete(node) || group.stopping.size > 0) return;
  tree.deadlines.add(tree.now + group.delayMs, { type: "restart", group });
}

/** Starts the next member of a group that was not ended, or stopped again, meanwhile. */
export function restart(tree: Tree, group: RestartGroup): void {
  const { members, restarts, delayMs, failed, end } = group;
  const node = members.find((at) => at.group === group);
  if (node === undefined) return;
  const error = errorOf(end);
  const code = error === undefined ? {} : { code: error.code };
  const cause = { path: failed.path, status: end.status, ...code };
  node.group = undefined;
  node.comingBack = group;
  // Closed until now, so that no request of the last incarnation is taken up.
  node.closed = false;
  const { incarnation } = node;
  tree.fact("agent.restarted", node.path, { incarnation, restarts, delayMs, cause });
  node.status = "queued";
  if (takeSlot(tree, node, "waker")) startAgent(tree, node);
}

/** Starts the next member of a group, after this one has come up or has failed to. */
export function cameBack(tree: Tree, node: Node): void {
  const group = node.comingBack;
  node.comingBack = undefined;
  if (group !== undefined) restart(tree, group);
}

/** Keeps unread messages; results and child ends for the old incarnation are dead letters. */
function keepMail(tree: Tree, node: Node): void {
  for (const body of node.mailbox.renew()) {
    if (body.type !== "child" && body.type !== "result") continue;
    const from = body.type === "child" ? body.path : body.callId;
    deadLetter(tree, { from, to: node.path, reason: "it is for an earlier incarnation" });
  }
}

/** Restores the snapshot; it may contain calls of every incarnation, so the prefix covers all. */
function keepState(tree: Tree, node: Node): void {
  node.callPrefix = `${node.path}#`;
  restoreMail(tree, node);
}

/** Drops the state and the transcript, so that the agent starts from its input. */
function forgetState(tree: Tree, node: Node): void {
  keepMail(tree, node);
  node.callPrefix = `${node.path}#${node.incarnation}.`;
  node.state = undefined;
  node.stateAmount = undefined;
  node.value = undefined;
  node.timers = undefined;
  node.transcript = [];
  node.restartPoint = undefined;
  const unread = new Set(node.mailbox.user.map((body) => "askId" in body && body.askId));
  const taken = node.asks.filter((askId) => !unread.has(askId));
  failAsks(tree, taken, `${node.path} was restarted before it answered`);
}
