import type { Relation } from "../authority/arbiter.ts";
import type { Seat } from "../authority/seat.ts";
import { CoppiceError } from "../errors.ts";
import { join, type Node } from "../kernel/node.ts";
import { didYouMean } from "../wire/did-you-mean.ts";
import type { Engine } from "./engine.ts";

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

/** Fails with AGENT_UNKNOWN where no agent is, or was, at this path. */
export function nodeAt({ kernel }: Engine, path: string): Node {
  const node = kernel.find(path);
  if (node !== undefined) return node;
  const meant = didYouMean(String(path), kernel.tree.nodes.keys());
  throw new CoppiceError("AGENT_UNKNOWN", `there is no agent at "${path}"${meant}`, { path });
}

/** The rights and the account of an agent. Fails with AGENT_UNKNOWN. */
export function seatOf(swarm: Engine, path: string): Seat {
  const node = nodeAt(swarm, path);
  return swarm.record(node.path)?.seat ?? swarm.parts.arbiter.root;
}
