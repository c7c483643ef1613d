import type { Relation } from "../authority/arbiter.ts";
import type { Engine } from "../engine/engine.ts";
import { join, type Node } from "../kernel/node.ts";

/** Whom an agent means by a path, `parent`, or the name of a child or a sibling. */
export function resolve(swarm: Engine, node: Node, to: string): Node | undefined {
  const { kernel } = swarm;
  if (to.startsWith("/")) return kernel.find(to);
  if (to === "parent" || to === "..") return node.parent;
  const sibling = node.parent === undefined ? undefined : join(node.parent.path, to);
  return (
    kernel.find(join(node.path, to)) ?? (sibling === undefined ? undefined : kernel.find(sibling))
  );
}

export function relationOf(node: Node, to: Node): Relation {
  if (to === node) return "self";
  if (to === node.parent) return "parent";
  if (to.parent === node) return "child";
  return to.parent === node.parent ? "sibling" : "other";
}
