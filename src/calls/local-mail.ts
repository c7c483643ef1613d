import type { Engine } from "../engine/engine.ts";
import type { Node } from "../kernel/node.ts";
import type { Undelivered } from "../kernel/run-letter.ts";
import type { Json } from "../wire/json.ts";
import { SEND_LATER, undelivered, whyUndelivered } from "./undelivered.ts";

/** An ask of an agent in the run of the current step. */
interface AskHere {
  readonly from: string;
  readonly message: Json;
  readonly askId: string;
  readonly timeoutMs: number;
  /** The hint for the asker where the mailbox is full. */
  readonly advice?: string;
}

/** Delivers a message to an agent of this run. Returns the reason where it is not accepted. */
export function tellHere(
  { kernel }: Engine,
  to: Node,
  from: string,
  message: Json,
): Undelivered | undefined {
  return kernel.tell(to, from, message) ? undefined : whyUndelivered(to);
}

/** Delivers an ask to an agent of this run; returns false and fails the ask where it cannot. */
export function askHere(
  { kernel, asks }: Engine,
  to: Node,
  { from, message, askId, timeoutMs, advice = SEND_LATER }: AskHere,
): boolean {
  const isTold = kernel.ask(to, from, message, askId, kernel.tree.now + timeoutMs);
  if (!isTold) asks.fail(askId, undelivered(whyUndelivered(to), message, advice));
  return isTold;
}
