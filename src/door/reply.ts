import type { EventObject, MachineContext } from "xstate";
import type { JsonLike } from "../wire/json.ts";
import type { Handling } from "./handling.ts";
import { doorOf } from "./host-door.ts";

/**
 * Returns an action that answers an `ask`: the one whose message is being handled, otherwise the
 * oldest that has no answer yet.
 *
 * **Guarantees** One answer per ask. Without an ask it does nothing. An ask that is over, because
 * its time ran out or its asker has ended, does not take the answer to another ask; when there is
 * no other, the answer is a dead letter.
 * @example
 * on: { count: { actions: reply(({ context }) => context.count) } }
 */
export function reply<Context extends MachineContext, Event extends EventObject>(
  value: JsonLike | ((handling: Handling<Context, Event>) => JsonLike),
): (handling: Handling<Context, Event> & { readonly system: object }) => void {
  return ({ context, event, system }) => {
    const answer = typeof value === "function" ? value({ context, event }) : value;
    doorOf(system, "reply").reply(answer);
  };
}
