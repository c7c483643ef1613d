import type { Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/**
 * Runs each suspect on a host of its own, a few at a time; the one that freezes its host again is
 * the cause.
 *
 * A suspect is cleared by its first committed step, or after the grace. One that has committed
 * nothing by then stays on its own host, where it can harm no other agent.
 */
export function quarantineAll(tree: Tree, suspects: Iterable<Node>): void {
  const { commons } = tree;
  const all = [...suspects];
  if (all.length === 0) return sweepRejoined(tree);
  const { quarantine } = tree;
  for (const node of all) {
    if (quarantine.open.delete(node)) commons.leftQuarantine(node);
    quarantine.waiting.set(node, node.incarnation);
  }
  sweepRejoined(tree);
  for (const node of all) if (commons.mayQuarantine(node)) runAlone(tree, node);
}

/** Records that the agent was placed on a host of its own. */
export function isOnOwnHost(tree: Tree, node: Node): void {
  if (tree.hasQuarantine && tree.quarantine.open.has(node)) tree.quarantine.alone.add(node);
}

/** Clears a suspect that has made a step or has had its time; the next one gets its turn. */
export function clear(tree: Tree, node: Node): void {
  if (tree.hasQuarantine && tree.quarantine.open.delete(node)) tree.commons.leftQuarantine(node);
}

/** Removes an agent that has ended from the quarantine. */
export function forgetSuspect(tree: Tree, node: Node): void {
  if (!tree.hasQuarantine) return;
  tree.quarantine.alone.delete(node);
  if (tree.quarantine.waiting.delete(node)) tree.commons.leftQuarantine(node);
  clear(tree, node);
}

/**
 * Moves an agent from its quarantine host back to a shared host, once nothing of it runs there that
 * would have to start again elsewhere.
 */
export function rejoin(tree: Tree, node: Node): void {
  if (!tree.hasQuarantine) return;
  const { quarantine, locations } = tree;
  const { host, incarnation } = node;
  if (!quarantine.alone.has(node) || quarantine.open.has(node) || host === undefined) return;
  if (node.busy || node.ending !== undefined || node.mailbox.unacknowledged.length > 0) return;
  if (awaitsModel(node)) return;
  quarantine.alone.delete(node);
  locations.leave(node);
  node.lostHost = host;
  tree.emit({ type: "drop", node, incarnation, host });
  tree.emit({ type: "place", node, moved: true });
}

/** True while a model call of the agent is working, which may stream on the agent's own host. */
export function awaitsModel({ calls }: Node): boolean {
  return [...calls.values()].some(
    ({ command, state }) => command.type === "model" && state === "working",
  );
}

/** Places a suspect whose turn has come on a host of its own, if it is still a suspect. */
export function runAlone(tree: Tree, node: Node): void {
  const { quarantine, commons } = tree;
  const incarnation = quarantine.waiting.get(node);
  quarantine.waiting.delete(node);
  const isAsItWas = node.incarnation === incarnation && node.host === undefined;
  if (!isAsItWas || node.ending !== undefined || node.finished !== undefined) {
    return commons.leftQuarantine(node);
  }
  quarantine.open.add(node);
  tree.emit({ type: "place", node, moved: true, alone: true });
  tree.deadlines.add(tree.now + tree.graceMs, { type: "quarantine", node });
}

/** Forgets the quarantine hosts of agents that have lost them. */
function sweepRejoined(tree: Tree): void {
  if (!tree.hasQuarantine) return;
  const { alone } = tree.quarantine;
  for (const node of alone) if (node.host === undefined) alone.delete(node);
}
