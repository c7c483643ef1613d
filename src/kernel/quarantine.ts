import type { Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/** Agents that are tried at a time, each alone on a host of its own. */
export const TRIALS_AT_ONCE = 4;

/**
 * Lets suspects go on one per host, a few at a time: who freezes its host again is the one.
 *
 * A trial is over with the agent's first committed step, or after the grace. Who has done nothing
 * by then stays alone, where it can harm nobody.
 */
export function tryAlone(tree: Tree, suspects: Iterable<Node>): void {
  const { trials } = tree;
  for (const node of suspects) {
    trials.open.delete(node);
    trials.waiting.push({ node, incarnation: node.incarnation });
  }
  for (const node of trials.alone) if (node.host === undefined) trials.alone.delete(node);
  beginTrials(tree);
}

/** The agent was placed on a host that is its own. */
export function livesAlone(tree: Tree, node: Node): void {
  if (tree.trials.open.has(node)) tree.trials.alone.add(node);
}

/** The agent has made a step, or has had its time: the next one is tried. */
export function acquit(tree: Tree, node: Node): void {
  if (tree.trials.open.delete(node)) beginTrials(tree);
}

/** The agent has ended, by its trial or otherwise. */
export function endTrial(tree: Tree, node: Node): void {
  tree.trials.alone.delete(node);
  acquit(tree, node);
}

/**
 * Gives a host that was only for a trial back, once nothing of its agent runs there that would
 * have to begin again elsewhere.
 */
export function leaveTrial(tree: Tree, node: Node): void {
  const { trials, residences } = tree;
  const { host, incarnation } = node;
  if (!trials.alone.has(node) || trials.open.has(node) || host === undefined) return;
  if (node.busy || node.ending !== undefined || node.mailbox.unacknowledged.length > 0) return;
  if (awaitsModel(node)) return;
  trials.alone.delete(node);
  residences.leave(node);
  node.lostHost = host;
  tree.emit({ type: "drop", node, incarnation, host });
  tree.emit({ type: "place", node, moved: true });
}

/** True while a model is at work for it, which may be on its own host. */
export function awaitsModel({ calls }: Node): boolean {
  return [...calls.values()].some(({ out, state }) => out.type === "model" && state === "working");
}

function beginTrials(tree: Tree): void {
  const { open, waiting } = tree.trials;
  while (open.size < TRIALS_AT_ONCE) {
    const next = waiting.shift();
    if (next === undefined) return;
    const { node, incarnation } = next;
    const isAsItWas = node.incarnation === incarnation && node.host === undefined;
    if (!isAsItWas || node.ending !== undefined || node.finished !== undefined) continue;
    open.add(node);
    tree.emit({ type: "place", node, moved: true, alone: true });
    tree.deadlines.add(tree.now + tree.graceMs, { type: "trial", node });
  }
}
