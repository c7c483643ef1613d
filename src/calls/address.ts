import { runOf } from "../../machines/run-of.ts";
import type { Relation } from "../authority/arbiter.ts";
import type { Engine } from "../engine/engine.ts";
import { join, type Node, type NodeKey } from "../kernel/node.ts";

/** An agent of another run, of which this run knows only the key and the depth. */
export interface Far extends NodeKey {
  readonly depth: number;
}

export type Addressee = Node | Far;

export function isNode(one: Addressee): one is Node {
  return "mailbox" in one;
}

/** Returns the agent that a path, `parent` or `..`, or the name of a child or a sibling means. */
export function resolve(swarm: Engine, node: Node, to: string): Addressee | undefined {
  if (to.startsWith("/")) return find(swarm, node, to);
  if (to === "parent" || to === "..") return node.parent;
  const sibling = node.parent === undefined ? undefined : join(node.parent.path, to);
  const child = find(swarm, node, join(node.path, to));
  return child ?? (sibling === undefined ? undefined : find(swarm, node, sibling));
}

export function relationOf(node: Node, to: Addressee): Relation {
  if (!isNode(to)) return node.depth === 1 && to.depth === 1 ? "sibling" : "other";
  if (to === node) return "self";
  if (to === node.parent) return "parent";
  if (to.parent === node) return "child";
  return to.parent === node.parent ? "sibling" : "other";
}

/** Finds an agent by its path; an answer about another run is recorded with the step. */
function find({ kernel, outside }: Engine, node: Node, path: string): Addressee | undefined {
  if (path === "/") return node.top.parent;
  if (runOf(path) === node.top.path) return kernel.find(path);
  return outside.query("agent", () => farOf(kernel.find(path))) ?? undefined;
}

function farOf(found: Node | undefined): Far | null {
  if (found === undefined) return null;
  const { path, serial, depth } = found;
  return { path, serial, depth };
}
