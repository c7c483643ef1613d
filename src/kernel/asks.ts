import type { DeliveryBody } from "../wire/delivery.ts";
import { keyOf, type Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/** Asks whose asker has ended, so that a dead letter can say whom the answer was for. */
const LEFT_ASKS_KEPT = 100;

/** Nobody waits for the answer any more: who was asked hears of it, so that it answers others. */
export function endAsk(tree: Tree, askId: string): void {
  const node = tree.asks.get(askId);
  if (node === undefined) return;
  tree.forgetAsk(askId);
  tree.emit({ type: "ask-over", node, askId });
}

/** The asks of an agent that has ended are over. */
export function endAsksOf(tree: Tree, node: Node): void {
  for (const { askId, asked } of node.calls.values()) {
    if (askId === undefined) continue;
    if (asked === undefined) leaveAsk(tree, askId, node.path);
    else {
      const letter = { type: "ask-over", askId, by: keyOf(node) } as const;
      tree.emit({ type: "letter", to: asked, letter });
    }
  }
}

/** Who asked has ended. */
export function leaveAsk(tree: Tree, askId: string, asker: string): void {
  endAsk(tree, askId);
  tree.leftAsks.set(askId, asker);
  for (const oldest of tree.leftAsks.keys()) {
    if (tree.leftAsks.size <= LEFT_ASKS_KEPT) break;
    tree.leftAsks.delete(oldest);
  }
}

/** A message whose ask was over before it was delivered says so itself, right behind it. */
export function tellIfOver(tree: Tree, node: Node, body: DeliveryBody): void {
  if (body.type !== "message" || body.askId === undefined || tree.asks.has(body.askId)) return;
  tree.emit({ type: "ask-over", node, askId: body.askId });
}
