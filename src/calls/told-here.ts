import type { Engine } from "../engine/engine.ts";
import type { Node } from "../kernel/node.ts";
import type { Undelivered } from "../kernel/run-letter.ts";
import type { Json } from "../wire/json.ts";
import { SEND_LATER, undelivered, whyUndelivered } from "./undelivered.ts";

/** An ask of an agent of the run whose step it is. */
interface AskHere {
  readonly from: string;
  readonly message: Json;
  readonly askId: string;
  readonly timeoutMs: number;
  /** What the asker can do where there is no room. */
  readonly advice?: string;
}

/** Tells an agent of this run something; why not, where it cannot be accepted. */
export function tellHere(
  { kernel }: Engine,
  to: Node,
  from: string,
  message: Json,
): Undelivered | undefined {
  return kernel.tell(to, from, message) ? undefined : whyUndelivered(to);
}

/** Asks an agent of this run; one that cannot be told has its ask failed. */
export function askHere(
  { kernel, asks }: Engine,
  to: Node,
  { from, message, askId, timeoutMs, advice = SEND_LATER }: AskHere,
): boolean {
  const isTold = kernel.ask(to, from, message, askId, kernel.tree.now + timeoutMs);
  if (!isTold) asks.fail(askId, undelivered(whyUndelivered(to), message, advice));
  return isTold;
}
