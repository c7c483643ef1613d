import { CoppiceError } from "../errors.ts";
import type { Node } from "../kernel/node.ts";
import type { Undelivered } from "../kernel/run-letter.ts";
import { takesMail } from "../kernel/supervision.ts";
import type { Json } from "../wire/json.ts";

/** The advice to an agent, which no event wakes when there is room. */
export const SEND_LATER =
  "; nothing was sent. Do something else first and send it again later, or put what you have " +
  "to say into one message";

/** Returns the reason why a message is not accepted; the receiver is unchanged then. */
export function whyUndelivered(to: Node): Undelivered {
  return { path: to.path, hasEnded: !takesMail(to), waiting: to.mailbox.waiting };
}

/** Returns the error for a message that was not accepted, with a hint for the sender. */
export function undelivered(
  { path, hasEnded, waiting }: Undelivered,
  message: Json,
  advice: string,
): CoppiceError {
  if (hasEnded) return new CoppiceError("AGENT_STOPPED", `${path} has ended`, { message });
  const text = `the mailbox of ${path} is full (${waiting} waiting)${waiting > 0 ? advice : ""}`;
  return new CoppiceError("MAILBOX_FULL", text, { message });
}
