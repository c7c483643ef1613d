import type { Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/** Stops the timeouts of an agent and its ancestors while a person is asked on its behalf. */
export function stopTimeouts(tree: Tree, node: Node): void {
  for (let at = node; at.parent !== undefined; at = at.parent) {
    if (at.openQuestions === 0) at.timeoutStoppedAt = tree.now;
    at.openQuestions += 1;
  }
}

/** Resumes the timeouts, each extended by the time for which it was stopped. */
export function resumeTimeouts(tree: Tree, node: Node): void {
  for (let at = node; at.parent !== undefined; at = at.parent) {
    at.openQuestions -= 1;
    if (at.openQuestions > 0 || at.deadline === undefined) continue;
    at.deadline += tree.now - at.timeoutStoppedAt;
    tree.deadlines.add(at.deadline, { type: "timeout", node: at });
  }
}

/** True when the agent's timeout has passed; false while it is stopped or after an extension. */
export function isOverdue(tree: Tree, node: Node): boolean {
  return node.openQuestions === 0 && node.deadline !== undefined && node.deadline <= tree.now;
}

/** True when the timeout of the agent, or of one of its ancestors, has passed. */
export function hasRunOut(tree: Tree, node: Node): boolean {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
    if (isOverdue(tree, at)) return true;
  }
  return false;
}
