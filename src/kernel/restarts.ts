import { deadLetter, failAsks } from "./dead-letters.ts";
import { startAgent } from "./dispatch.ts";
import { errorOf } from "./end.ts";
import { restoreMail } from "./last-good.ts";
import type { Node, RestartGroup } from "./node.ts";
import { takeSlot } from "./slots.ts";
import type { Tree } from "./tree.ts";

/**
 * Makes a stopped agent ready to be started again: a new incarnation at the same path, with the
 * same account, turns, deadline and names, and with the messages that it had not taken in.
 */
export function renew(tree: Tree, node: Node): void {
  const { group, finished } = node;
  // The snapshot of a run that was completed has nothing left to do.
  const anew = node.birth.restartFrom !== "snapshot" || finished?.status === "completed";
  node.incarnation += 1;
  node.status = "waiting";
  node.ending = undefined;
  node.finished = undefined;
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

/** The wait before a restart begins when the last of those that come back has stopped. */
export function hasStopped(tree: Tree, group: RestartGroup, node: Node): void {
  if (!group.stopping.delete(node) || group.stopping.size > 0) return;
  tree.deadlines.add(tree.now + group.delayMs, { type: "restart", group });
}

/** Starts the next of a group whom nobody has ended, or stopped once more, meanwhile. */
export function restart(tree: Tree, group: RestartGroup): void {
  const { members, restarts, delayMs, failed, end } = group;
  const node = members.find((at) => at.group === group);
  if (node === undefined) return;
  const error = errorOf(end);
  const code = error === undefined ? {} : { code: error.code };
  const cause = { path: failed.path, status: end.status, ...code };
  node.group = undefined;
  node.comingBack = group;
  // Closed until now, so that nothing that its last incarnation asked for is taken up.
  node.closed = false;
  const { incarnation } = node;
  tree.fact("agent.restarted", node.path, { incarnation, restarts, delayMs, cause });
  node.status = "queued";
  if (takeSlot(tree, node, "waker")) startAgent(tree, node);
}

/** It has come up, or never will: whoever comes back behind it has its turn. */
export function cameBack(tree: Tree, node: Node): void {
  const group = node.comingBack;
  node.comingBack = undefined;
  if (group !== undefined) restart(tree, group);
}

/** Unread messages wait for the new incarnation; what answers the old one is for nobody. */
function keepMail(tree: Tree, node: Node): void {
  for (const body of node.mailbox.renew()) {
    if (body.type !== "child" && body.type !== "result") continue;
    const from = body.type === "child" ? body.path : body.callId;
    deadLetter(tree, { from, to: node.path, reason: "it is for an earlier incarnation" });
  }
}

/** Calls of every incarnation may stand in its state. */
function keepState(tree: Tree, node: Node): void {
  node.callPrefix = `${node.path}#`;
  restoreMail(tree, node);
}

function forgetState(tree: Tree, node: Node): void {
  keepMail(tree, node);
  node.callPrefix = `${node.path}#${node.incarnation}.`;
  node.state = undefined;
  node.value = undefined;
  node.timers = undefined;
  node.transcript = [];
  node.lastGood = undefined;
  const unread = new Set(node.mailbox.user.map((body) => "askId" in body && body.askId));
  const taken = node.asks.filter((askId) => !unread.has(askId));
  failAsks(tree, taken, `${node.path} was restarted before it answered`);
}
