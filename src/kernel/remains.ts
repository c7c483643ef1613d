import type { End } from "./end.ts";
import type { Node } from "./node.ts";
import { tellRest } from "./refusals.ts";
import type { Tree } from "./tree.ts";

/**
 * Lets an agent that has ended hold on to nothing but what it is shown by: what it was given, what
 * it was at, and what it came to.
 *
 * **Gotcha** what it came to stands in `node.end` no more; ask {@link Tree.endOf}.
 */
export function emptyEnded(node: Node, kept: Pick<Node, "state" | "value" | "transcript">): void {
  node.end = emptied(node.end as End);
  node.finished = node.end;
  node.birth = { ...node.birth, input: null };
  node.state = kept.state;
  node.value = kept.value;
  node.transcript = kept.transcript;
  node.timers = undefined;
  node.lastGood = undefined;
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

/** An agent that has ended is shown no more, and nobody finds it. */
export function forgetNode(tree: Tree, node: Node): void {
  tellRest(tree, node, true);
  // Its place may have been taken since by the next incarnation there.
  if (tree.nodes.get(node.path) !== node) return;
  tree.nodes.delete(node.path);
  tree.kept -= 1;
  node.parent?.names.forget(Math.max(node.incarnation, node.names.forgotten));
  node.parent?.children.delete(node.name);
}
