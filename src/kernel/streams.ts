import type { DeliveryBody } from "../wire/delivery.ts";
import type { Call, Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/**
 * Reports the model calls that streamed on a lost host as lost, and returns them. Their cost is an
 * estimate, and their turns are given back, so that a repeat is the same turn. A permit that is
 * still in the mailbox began no stream.
 */
export function loseStreams(tree: Tree, node: Node): readonly Call[] {
  const here = permitsIn(node.mailbox.system);
  const lost = [...node.calls.values()].filter(
    ({ command, permitted }) => permitted === true && !here.has(command.callId),
  );
  for (const { command } of lost) tell(tree, node, command.callId, true);
  node.turns -= lost.length;
  return lost;
}

/** Reports the streams of an agent that has ended as used up, and undelivered permits as unused. */
export function endStreams(tree: Tree, node: Node): void {
  withdrawPermits(tree, node, node.mailbox.system);
  for (const { command, permitted } of node.calls.values()) {
    if (permitted === true) tell(tree, node, command.callId, true);
  }
}

/** Withdraws permits that will never arrive: none began a stream, and their turns come back. */
export function withdrawPermits(tree: Tree, node: Node, bodies: readonly DeliveryBody[]): void {
  for (const body of bodies) {
    const call = body.type === "permit" ? node.calls.get(body.callId) : undefined;
    if (call?.permitted !== true) continue;
    call.permitted = false;
    node.turns -= 1;
    tell(tree, node, call.command.callId, false);
  }
}

function permitsIn(bodies: readonly DeliveryBody[]): ReadonlySet<string> {
  return new Set(bodies.flatMap((body) => (body.type === "permit" ? [body.callId] : [])));
}

function tell(tree: Tree, node: Node, callId: string, began: boolean): void {
  tree.emit({ type: "model-lost", node, callId, began });
}
