import type { Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/**
 * Lets suspects go on one per host, a few at a time: who freezes its host again is the one.
 *
 * A trial is over with the agent's first committed step, or after the grace. Who has done nothing
 * by then stays alone, where it can harm nobody.
 */
export function tryAlone(tree: Tree, suspects: Iterable<Node>): void {
  const { commons } = tree;
  const all = [...suspects];
  if (all.length === 0) return sweepAlone(tree);
  const { trials } = tree;
  for (const node of all) {
    if (trials.open.delete(node)) commons.tried(node);
    trials.waiting.set(node, node.incarnation);
  }
  sweepAlone(tree);
  for (const node of all) if (commons.mayTry(node)) beginTrial(tree, node);
}

/** The agent was placed on a host that is its own. */
export function livesAlone(tree: Tree, node: Node): void {
  if (tree.hasTrials && tree.trials.open.has(node)) tree.trials.alone.add(node);
}

/** The agent has made a step, or has had its time: the next one is tried. */
export function acquit(tree: Tree, node: Node): void {
  if (tree.hasTrials && tree.trials.open.delete(node)) tree.commons.tried(node);
}

/** The agent has ended, by its trial or otherwise. */
export function endTrial(tree: Tree, node: Node): void {
  if (!tree.hasTrials) return;
  tree.trials.alone.delete(node);
  if (tree.trials.waiting.delete(node)) tree.commons.tried(node);
  acquit(tree, node);
}

/**
 * Gives a host that was only for a trial back, once nothing of its agent runs there that would
 * have to begin again elsewhere.
 */
export function leaveTrial(tree: Tree, node: Node): void {
  if (!tree.hasTrials) return;
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

/** Its turn has come, if it is still suspected. */
export function beginTrial(tree: Tree, node: Node): void {
  const { trials, commons } = tree;
  const incarnation = trials.waiting.get(node);
  trials.waiting.delete(node);
  const isAsItWas = node.incarnation === incarnation && node.host === undefined;
  if (!isAsItWas || node.ending !== undefined || node.finished !== undefined) {
    return commons.tried(node);
  }
  trials.open.add(node);
  tree.emit({ type: "place", node, moved: true, alone: true });
  tree.deadlines.add(tree.now + tree.graceMs, { type: "trial", node });
}

/** Who lost its host does not live there any more. */
function sweepAlone(tree: Tree): void {
  if (!tree.hasTrials) return;
  const { alone } = tree.trials;
  for (const node of alone) if (node.host === undefined) alone.delete(node);
}
