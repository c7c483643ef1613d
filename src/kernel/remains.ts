import type { End } from "./end.ts";
import { childrenToChange, type Node } from "./node.ts";
import { tellRest } from "./refusals.ts";
import type { Tree } from "./tree.ts";

/**
 * Frees the memory of an agent that has ended, down to what is still shown of it.
 *
 * **Gotcha** `node.end` then has no output, partial result or error details, and the child spec no
 * input; {@link Tree.endOf} returns the whole end.
 *
 * @param kept the state, value and transcript to keep, or references to them
 */
export function emptyEnded(node: Node, kept: Pick<Node, "state" | "value" | "transcript">): void {
  node.end = emptied(node.end as End);
  node.finished = node.end;
  node.childSpec = { ...node.childSpec, input: null };
  node.state = kept.state;
  node.stateAmount = undefined;
  node.value = kept.value;
  node.transcript = kept.transcript;
  node.timers = undefined;
  node.restartPoint = undefined;
  node.idle = undefined;
  node.turnEnded = undefined;
  node.asks = [];
}

function emptied(end: End): End {
  if (end.status === "completed") return { status: "completed", output: null };
  const { partial: _partial, ...rest } = end;
  if ("error" in rest && rest.error !== undefined) {
    const { code, message } = rest.error;
    return { ...rest, error: { code, message, details: {} } };
  }
  return rest;
}

/** Removes an agent that has ended from the tree, so that it is neither shown nor found. */
export function forgetNode(tree: Tree, node: Node): void {
  tellRest(tree, node, true);
  // The next agent at this path may have replaced it already.
  if (tree.nodes.get(node.path) !== node) return;
  tree.nodes.delete(node.path);
  tree.kept -= 1;
  node.parent?.names.forget(Math.max(node.incarnation, node.names.forgotten));
  if (node.parent !== undefined) childrenToChange(node.parent).delete(node.name);
}
