import { CoppiceError } from "../errors.ts";
import type { DeliveryBody } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import type { Node } from "./node.ts";
import { tellRefusal, tellRest } from "./refusals.ts";
import type { Tree } from "./tree.ts";

/** A message that was not delivered, and the reason. */
export interface Letter {
  readonly from: string;
  /** The path of the receiver; `/` when there is no such agent. */
  readonly to: string;
  readonly reason: string;
  readonly message?: Json;
}

/** Reports a message that was accepted and cannot arrive, with its sender and the reason. */
export function deadLetter(tree: Tree, letter: Letter): void {
  tree.deadLetters += 1;
  const { to, ...rest } = letter;
  tree.fact("letter.dead", to, rest);
}

/**
 * Reports a message that was not accepted. Its sender can repeat it at will, so these reports are
 * counted per sender and kind of reason; see {@link tellRefusal}.
 *
 * @param keeper the receiver, or the sender when there is no such receiver
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

/** Turns the undelivered messages of an agent that has ended into dead letters. */
export function buryMail(tree: Tree, node: Node, bodies: readonly DeliveryBody[]): void {
  tellRest(tree, node, true);
  for (const body of bodies) {
    if (body.type !== "message") continue;
    const { from, message } = body;
    deadLetter(tree, { from, to: node.path, reason: "the agent has ended", message });
  }
}

/** Fails those of the asks that are still open, because no agent will answer them. */
export function failAsks(tree: Tree, askIds: readonly string[], message: string): void {
  for (const askId of askIds) {
    if (!tree.asks.has(askId)) continue;
    tree.forgetAsk(askId);
    const error = encodeError(new CoppiceError("AGENT_STOPPED", message), "AGENT_STOPPED");
    tree.emit({ type: "answer-failed", askId, error });
  }
}
