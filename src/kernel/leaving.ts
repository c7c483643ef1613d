import type { AgentEnd } from "../wire/frame.ts";
import { settleSlot } from "./calls.ts";
import { finish } from "./ends.ts";
import type { Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/**
 * Takes an agent that has ended by itself off its host. It is finished once all that it said to
 * others before has been carried out, so that its last messages arrive, and before its end does.
 */
export function leave(tree: Tree, node: Node, end: AgentEnd): void {
  if (node.unsaid === 0) return finish(tree, node, end);
  node.leaving = end;
  node.busy = false;
  tree.locations.leave(node);
}

/** Records that the next of what an agent has said to others was carried out. */
export function hasSaid(tree: Tree, node: Node): void {
  node.unsaid -= 1;
  if (node.unsaid > 0) return;
  if (node.leaving !== undefined) finish(tree, node, node.leaving);
  else settleSlot(tree, node);
}
