import type { DeliveryBody } from "../wire/delivery.ts";
import type { Call, Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/**
 * Settles the model calls that streamed on a lost host, what they cost being an estimate; asked
 * for again they are the same turn. A permit that is still here began no stream.
 */
export function loseStreams(tree: Tree, node: Node): readonly Call[] {
  const here = permitsIn(node.mailbox.system);
  const lost = [...node.calls.values()].filter(
    ({ out, permitted }) => permitted === true && !here.has(out.callId),
  );
  for (const { out } of lost) tell(tree, node, out.callId, true);
  node.turns -= lost.length;
  return lost;
}

/** The agent is gone without a word of its streams: they count as used, undelivered permits not. */
export function endStreams(tree: Tree, node: Node): void {
  withdrawPermits(tree, node, node.mailbox.system);
  for (const { out, permitted } of node.calls.values()) {
    if (permitted === true) tell(tree, node, out.callId, true);
  }
}

/** Permits that will never arrive: no stream of theirs has begun, and their turn is free again. */
export function withdrawPermits(tree: Tree, node: Node, bodies: readonly DeliveryBody[]): void {
  for (const body of bodies) {
    const call = body.type === "permit" ? node.calls.get(body.callId) : undefined;
    if (call?.permitted !== true) continue;
    call.permitted = false;
    node.turns -= 1;
    tell(tree, node, call.out.callId, false);
  }
}

function permitsIn(bodies: readonly DeliveryBody[]): ReadonlySet<string> {
  return new Set(bodies.flatMap((body) => (body.type === "permit" ? [body.callId] : [])));
}

function tell(tree: Tree, node: Node, callId: string, began: boolean): void {
  tree.emit({ type: "model-lost", node, callId, began });
}
