import type { DeliveryBody } from "../wire/delivery.ts";
import type { Command } from "../wire/frame.ts";
import { undeliverable } from "./dead-letters.ts";
import { keyOf, type Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/** Asks kept after their asker has ended, so that a dead letter can name the asker. */
const MAX_KEPT_LEFT_ASKS = 100;

/** Withdraws an ask whose caller no longer waits, so that the asked agent can answer others. */
export function endAsk(tree: Tree, askId: string): void {
  const node = tree.asks.get(askId);
  if (node === undefined) return;
  tree.forgetAsk(askId);
  tree.emit({ type: "ask-over", node, askId });
}

/** Withdraws the open asks of an agent that has ended; those to other runs by a letter. */
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

/** Withdraws an ask whose asker has ended, and keeps the asker's path for dead letters. */
export function leaveAsk(tree: Tree, askId: string, asker: string): void {
  endAsk(tree, askId);
  tree.leftAsks.set(askId, asker);
  for (const oldest of tree.leftAsks.keys()) {
    if (tree.leftAsks.size <= MAX_KEPT_LEFT_ASKS) break;
    tree.leftAsks.delete(oldest);
  }
}

/** Sends `ask-over` right behind a message whose ask was withdrawn before the delivery. */
export function tellIfOver(tree: Tree, node: Node, body: DeliveryBody): void {
  if (body.type !== "message" || body.askId === undefined || tree.asks.has(body.askId)) return;
  tree.emit({ type: "ask-over", node, askId: body.askId });
}

/** Answers an ask, once; an answer for which nobody waits is a dead letter. */
export function answer(
  tree: Tree,
  node: Node,
  command: Extract<Command, { type: "reply" | "reply.failed" }>,
): void {
  const { askId } = command;
  const message = command.type === "reply" ? command.value : { ...command.error };
  if (tree.asks.get(askId) !== node) {
    const reason = "nobody waits for this answer";
    const to = tree.leftAsks.get(askId) ?? "/";
    return undeliverable(tree, node, { from: node.path, to, reason, message });
  }
  tree.forgetAsk(askId);
  if (command.type === "reply") tree.emit({ type: "answer", askId, value: command.value });
  else tree.emit({ type: "answer-failed", askId, error: command.error });
}
