import { CoppiceError } from "../errors.ts";
import type { Node } from "../kernel/node.ts";
import type { Undelivered } from "../kernel/run-letter.ts";
import { takesMail } from "../kernel/supervision.ts";
import type { Json } from "../wire/json.ts";

/** For an agent: nothing wakes it when there is room. */
export const SEND_LATER =
  "; nothing was sent. Do something else first and send it again later, or put what you have " +
  "to say into one message";

/** Why a message is not accepted: a refused one has changed nothing of its receiver. */
export function whyUndelivered(to: Node): Undelivered {
  return { path: to.path, hasEnded: !takesMail(to), waiting: to.mailbox.waiting };
}

/** Why somebody who is there was not told, and what the asker can do about it. */
export function undelivered(
  { path, hasEnded, waiting }: Undelivered,
  message: Json,
  advice: string,
): CoppiceError {
  if (hasEnded) return new CoppiceError("AGENT_STOPPED", `${path} has ended`, { message });
  const told = `the mailbox of ${path} is full (${waiting} waiting)${waiting > 0 ? advice : ""}`;
  return new CoppiceError("MAILBOX_FULL", told, { message });
}
