import { CoppiceError } from "../errors.ts";
import { startAgent } from "./dispatch.ts";
import { countSpawn, permanentInForeground, refuseQueue, refuseSpawn } from "./limits.ts";
import { createNode, nextAt } from "./new-node.ts";
import { type ChildSpec, childrenToChange, join, type Node } from "./node.ts";
import { hasRoom, takeSlot } from "./slots.ts";
import type { Tree } from "./tree.ts";

/** The options of a spawn. */
export interface SpawnHow {
  /** The exact name, when the caller chose one. */
  readonly chosen?: string | undefined;
  /** The call that gets the child's outcome as its result. */
  readonly call?: string | undefined;
  /** Opens the standing of the new path; an error refuses the spawn. */
  readonly open?: (path: string) => void;
}

/** Implements {@link Kernel.spawn}. */
export function spawn(
  tree: Tree,
  parent: Node,
  childSpec: ChildSpec,
  { chosen, call, open }: SpawnHow = {},
): Node {
  if (parent.closed) throw new CoppiceError("AGENT_STOPPED", `${parent.path} is stopping`);
  if (call !== undefined && childSpec.restart === "permanent")
    throw permanentInForeground(childSpec);
  const root = tree.commons.room(tree.now);
  const hasSlot = hasRoom(parent) && root.isFull !== true;
  const error =
    refuseSpawn(parent, childSpec, tree.now, root) ??
    (hasSlot ? undefined : refuseQueue(parent, childSpec.template, root));
  if (error !== undefined) throw error;
  const name = nameOf(tree, parent, childSpec.name, chosen);
  try {
    open?.(join(parent.path, name));
  } catch (refused) {
    giveNameBack(tree, parent, chosen ?? childSpec.name);
    throw refused;
  }
  const former = tree.nodes.get(join(parent.path, name));
  if (former === undefined) tree.kept += 1;
  const next = nextAt(former, parent, name);
  const node = createNode(
    parent,
    { ...childSpec, name },
    { call, ...next, serial: tree.nextSerial() },
  );
  // Children are in the order of their spawns; one that takes a used name moves to the end.
  const children = childrenToChange(parent);
  children.delete(name);
  children.set(name, node);
  tree.nodes.set(node.path, node);
  if (parent === tree.root) {
    tree.tops = tree.tops.concat(node);
    node.isRootPaused = root.isPaused === true;
  }
  parent.openChildren += 1;
  countSpawn(parent, tree.now);
  tree.commons.spawned(tree.now);
  const { depth, incarnation } = node;
  tree.fact("agent.spawned", node.path, { template: childSpec.template, depth, incarnation });
  if (takeSlot(tree, node, "spawn")) startAgent(tree, node);
  if (!node.started) tree.fact("spawn.queued", node.path);
  return node;
}

/** Takes the child's name; the names of top-level agents are the root's. */
function nameOf(tree: Tree, parent: Node, base: string, chosen: string | undefined): string {
  if (parent === tree.root) return tree.commons.takeName(base, chosen);
  return chosen === undefined ? parent.names.make(base) : parent.names.choose(chosen);
}

function giveNameBack(tree: Tree, parent: Node, base: string): void {
  if (parent === tree.root) tree.commons.giveNameBack(base);
  else parent.names.giveBack(base);
}
