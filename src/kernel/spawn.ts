import { CoppiceError } from "../errors.ts";
import { startAgent } from "./dispatch.ts";
import { countSpawn, permanentInForeground, refuseQueue, refuseSpawn } from "./limits.ts";
import { createNode, nextAt } from "./new-node.ts";
import { type Birth, join, type Node } from "./node.ts";
import { hasRoom, takeSlot } from "./slots.ts";
import type { Tree } from "./tree.ts";

export interface SpawnHow {
  /** The exact name, where the caller chose one. */
  readonly chosen?: string | undefined;
  /** The call whose result the child's outcome will be. */
  readonly call?: string | undefined;
  /** Opens the accounts of the path; a throw refuses the spawn. */
  readonly open?: (path: string) => void;
}

/** As {@link Kernel.spawn}. */
export function spawn(
  tree: Tree,
  parent: Node,
  birth: Birth,
  { chosen, call, open }: SpawnHow = {},
): Node {
  if (parent.closed) throw new CoppiceError("AGENT_STOPPED", `${parent.path} is stopping`);
  if (call !== undefined && birth.restart === "permanent") throw permanentInForeground(birth);
  const root = tree.commons.room(tree.now);
  const hasSlot = hasRoom(parent) && root.isFull !== true;
  const error =
    refuseSpawn(parent, birth, tree.now, root) ??
    (hasSlot ? undefined : refuseQueue(parent, birth.template, root));
  if (error !== undefined) throw error;
  const name = nameOf(tree, parent, birth.name, chosen);
  try {
    open?.(join(parent.path, name));
  } catch (refused) {
    giveNameBack(tree, parent, chosen ?? birth.name);
    throw refused;
  }
  const former = tree.nodes.get(join(parent.path, name));
  if (former === undefined) tree.kept += 1;
  const next = nextAt(former, parent, name);
  const node = createNode(parent, { ...birth, name }, { call, ...next, serial: tree.bear() });
  // The last in the order of starts, also where it has the name of one before it.
  parent.children.delete(name);
  parent.children.set(name, node);
  tree.nodes.set(node.path, node);
  if (parent === tree.root) {
    tree.tops.push(node);
    node.isRootPaused = root.isPaused === true;
  }
  parent.openChildren += 1;
  countSpawn(parent, tree.now);
  tree.commons.spawned(tree.now);
  const { depth, incarnation } = node;
  tree.fact("agent.spawned", node.path, { template: birth.template, depth, incarnation });
  if (takeSlot(tree, node, "spawn")) startAgent(tree, node);
  if (!node.started) tree.fact("spawn.queued", node.path);
  return node;
}

/** The root has the names of top-level agents. */
function nameOf(tree: Tree, parent: Node, base: string, chosen: string | undefined): string {
  if (parent === tree.root) return tree.commons.takeName(base, chosen);
  return chosen === undefined ? parent.names.make(base) : parent.names.choose(chosen);
}

function giveNameBack(tree: Tree, parent: Node, base: string): void {
  if (parent === tree.root) tree.commons.giveNameBack(base);
  else parent.names.giveBack(base);
}
