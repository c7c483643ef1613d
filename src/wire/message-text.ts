import type { ToHost } from "./delivery.ts";
import type { FromHost } from "./frame.ts";

/** Kept from before any code of others runs on this thread, which may replace them. */
const { parse, stringify } = JSON;

/** The most characters of one message; a tick of a host has at most some frames of 64 MB. */
const MAX_CHARACTERS = 256_000_000;

/** The items or frames after which a message is sent: a longer text costs more for each of them. */
export const FULL_MESSAGE = 64;

/**
 * Returns a message between a supervisor and a host as it travels: one text of JSON, which costs
 * less than a clone of its objects. A field that is undefined is left out.
 *
 * **Fails with** an Error for what JSON cannot say, such as a bigint or a cycle, and for a text
 * that is too long to be read: its parts can be sent one by one.
 */
export function messageText(message: ToHost | FromHost): string {
  const text = stringify(message);
  if (text.length > MAX_CHARACTERS) throw new RangeError("the message is too long to be sent");
  return text;
}

/** Reads a message from its text; undefined for what is no such text. */
export function messageFrom(text: unknown): unknown {
  if (typeof text !== "string" || text.length > MAX_CHARACTERS) return undefined;
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** Returns what another thread would read of a message. */
export function messageCopy<Message extends ToHost | FromHost>(message: Message): Message {
  return messageFrom(messageText(message)) as Message;
}
