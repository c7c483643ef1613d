import { CoppiceError } from "../errors.ts";
import type { DeliveryBody } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import type { Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/** Makes a message that cannot arrive visible, with its sender and the reason. */
export function deadLetter(
  tree: Tree,
  letter: {
    readonly from: string;
    readonly to: string;
    readonly reason: string;
    readonly message?: Json;
  },
): void {
  tree.deadLetters += 1;
  const { to, ...rest } = letter;
  tree.fact("letter.dead", to, rest);
}

/** Buries what an agent that has ended was told. */
export function buryMail(tree: Tree, node: Node, bodies: readonly DeliveryBody[]): void {
  for (const body of bodies) {
    if (body.type !== "message") continue;
    const { from, message } = body;
    deadLetter(tree, { from, to: node.path, reason: "the agent has ended", message });
  }
}

/** Fails the asks that nobody will answer any more. */
export function failAsks(tree: Tree, askIds: readonly string[], told: string): void {
  for (const askId of askIds) {
    if (!tree.asks.has(askId)) continue;
    tree.forgetAsk(askId);
    const error = encodeError(new CoppiceError("AGENT_STOPPED", told), "AGENT_STOPPED");
    tree.emit({ type: "answer-failed", askId, error });
  }
}
