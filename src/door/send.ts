import type { EventObject, MachineContext } from "xstate";
import type { ErrorCode } from "../errors.ts";
import type { Json } from "../wire/json.ts";
import type { Handling } from "./handling.ts";
import { doorOf } from "./host-door.ts";
import type { MessageInput } from "./message-input.ts";

/**
 * The event of a machine whose message was refused; only a state that names `send.refused` gets it.
 *
 * **Guarantees** One event for each refused message. The refusal is a `letter.dead` in the log too,
 * where many of one kind are counted.
 */
export interface SendRefused {
  readonly type: "send.refused";
  /** The address as it was given. */
  readonly to: string;
  /** The message that was not delivered, so that it can be sent again. */
  readonly message: Json;
  /** The code, such as MAILBOX_FULL, AGENT_STOPPED, AGENT_UNKNOWN or CAPABILITY_DENIED. */
  readonly error: { readonly code: ErrorCode; readonly message: string };
}

/**
 * Returns an action that sends a message to another agent and waits for nothing.
 *
 * **Guarantees** The rights and bounds of {@link sendMessage}. At most one delivery, in the order
 * of sending, also between messages, calls of {@link sendMessage} and answers to asks. What a
 * machine sends before its final state arrives before its end does. It needs no slot. A refusal is
 * the event {@link SendRefused} and a `letter.dead` in the log.
 * **Fails with** MACHINE_INVALID, which fails the machine, for an address that is no text and a
 * message that is no JSON.
 * **Gotcha** A message that waits for a person's yes is passed by later ones. Messages of the step
 * in which a machine failed are sent, unless it is restarted from its snapshot and so goes back.
 * @example
 * on: {
 *   ping: { actions: send(({ context }) => ({ to: "parent", message: context.count })) },
 *   "send.refused": { target: "#closing" },
 * }
 */
export function send<Context extends MachineContext, Event extends EventObject>(
  message: MessageInput | ((handling: Handling<Context, Event>) => MessageInput),
): (handling: Handling<Context, Event> & { readonly system: object }) => void {
  return ({ context, event, system }) => {
    const sent = typeof message === "function" ? message({ context, event }) : message;
    doorOf(system, "send").send(sent);
  };
}
