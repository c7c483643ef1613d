import type { Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/** Stops the clocks of an agent and all above it while a person is asked on its behalf. */
export function holdDeadlines(tree: Tree, node: Node): void {
  for (let at = node; at.parent !== undefined; at = at.parent) {
    if (at.holds === 0) at.heldAt = tree.now;
    at.holds += 1;
  }
}

/** Lets them go on, later by as long as they stood. */
export function releaseDeadlines(tree: Tree, node: Node): void {
  for (let at = node; at.parent !== undefined; at = at.parent) {
    at.holds -= 1;
    if (at.holds > 0 || at.deadline === undefined) continue;
    at.deadline += tree.now - at.heldAt;
    tree.deadlines.add(at.deadline, { type: "timeout", node: at });
  }
}

/** False while its clock stands, and when it was put off since this deadline was set. */
export function isOverdue(tree: Tree, node: Node): boolean {
  return node.holds === 0 && node.deadline !== undefined && node.deadline <= tree.now;
}

/** True when the time of an agent, or of one above it, is over. */
export function hasRunOut(tree: Tree, node: Node): boolean {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
    if (isOverdue(tree, at)) return true;
  }
  return false;
}
