import { endAsk } from "./asks.ts";
import { endWait } from "./calls.ts";
import { endSubtree, kill } from "./ends.ts";
import type { Node } from "./node.ts";
import { clear } from "./quarantine.ts";
import { restart } from "./restarts.ts";
import { isOverdue } from "./timeouts.ts";
import type { Due, Tree } from "./tree.ts";
import { lapseOffers } from "./user-mail.ts";

/** Carries out every deadline that is due. */
export function doDue(tree: Tree): void {
  for (const due of tree.deadlines.take(tree.now)) doOne(tree, due);
}

function doOne(tree: Tree, due: Due): void {
  switch (due.type) {
    case "kill":
      return kill(tree, due.nodes.filter(isStillEnding(due.since)));
    case "restart":
      return restart(tree, due.group);
    case "timeout":
      if (!isOverdue(tree, due.node)) return;
      return endSubtree(tree, due.node, { status: "timed-out", reason: "its time ran out" });
    case "again":
      return endWait(tree, due.node, due.callId);
    case "rate":
      // The shell checks the rate-limited calls itself whenever time has passed.
      return;
    case "quarantine":
      return clear(tree, due.node);
    case "room":
      return lapseOffers(tree, due.node);
    case "question":
      return tree.emit({ type: "question-timed-out", id: due.id });
    case "ask": {
      const node = tree.asks.get(due.askId);
      if (node === undefined) return;
      tree.emit({ type: "ask-timed-out", askId: due.askId, path: node.path });
      return endAsk(tree, due.askId);
    }
  }
}

/** Returns a filter of the nodes to kill: a grace does not apply to an end that began later. */
function isStillEnding(since: number): (node: Node) => boolean {
  return ({ ending, endingSince }) => ending !== undefined && endingSince <= since;
}
