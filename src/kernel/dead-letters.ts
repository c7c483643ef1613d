import { CoppiceError } from "../errors.ts";
import type { DeliveryBody } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import type { Node } from "./node.ts";
import { tellRefusal, tellRest } from "./refusals.ts";
import type { Tree } from "./tree.ts";

export interface Letter {
  readonly from: string;
  /** `/` where there is no such agent. */
  readonly to: string;
  readonly reason: string;
  readonly message?: Json;
}

/** Makes a message that was accepted and cannot arrive visible, with its sender and the reason. */
export function deadLetter(tree: Tree, letter: Letter): void {
  tree.deadLetters += 1;
  const { to, ...rest } = letter;
  tree.fact("letter.dead", to, rest);
}

/**
 * The same for what is not accepted, which its sender can try again and again: counted for each
 * sender and kind of reason, see {@link tellRefusal}.
 * @param keeper whom it was for, or the sender where there is no such agent
 */
export function undeliverable(
  tree: Tree,
  keeper: Node,
  letter: Letter,
  kind: string = letter.reason,
): void {
  tree.deadLetters += 1;
  const { to: path, ...rest } = letter;
  const fact = { type: "letter.dead", path, ...rest };
  tellRefusal(tree, { keeper, kind: `${kind}\n${letter.from}`, singly: 1 }, fact);
}

/** Buries what an agent that has ended was told. */
export function buryMail(tree: Tree, node: Node, bodies: readonly DeliveryBody[]): void {
  tellRest(tree, node, true);
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
