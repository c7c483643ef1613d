import type { Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/** Stops the timeouts of an agent and its ancestors while a person is asked on its behalf. */
export function holdDeadlines(tree: Tree, node: Node): void {
  for (let at = node; at.parent !== undefined; at = at.parent) {
    if (at.holds === 0) at.heldAt = tree.now;
    at.holds += 1;
  }
}

/** Resumes the timeouts, each extended by the time for which it was stopped. */
export function releaseDeadlines(tree: Tree, node: Node): void {
  for (let at = node; at.parent !== undefined; at = at.parent) {
    at.holds -= 1;
    if (at.holds > 0 || at.deadline === undefined) continue;
    at.deadline += tree.now - at.heldAt;
    tree.deadlines.add(at.deadline, { type: "timeout", node: at });
  }
}

/** True when the agent's timeout has passed; false while it is stopped or after an extension. */
export function isOverdue(tree: Tree, node: Node): boolean {
  return node.holds === 0 && node.deadline !== undefined && node.deadline <= tree.now;
}

/** True when the timeout of the agent, or of one of its ancestors, has passed. */
export function hasRunOut(tree: Tree, node: Node): boolean {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
    if (isOverdue(tree, at)) return true;
  }
  return false;
}
