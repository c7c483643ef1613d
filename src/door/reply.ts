import type { EventObject, MachineContext } from "xstate";
import type { Json } from "../wire/json.ts";
import { doorOf } from "./host-door.ts";

interface Handling<Context extends MachineContext, Event extends EventObject> {
  readonly context: Context;
  readonly event: Event;
}

/**
 * An action that answers an `ask`: the one whose message is being handled, otherwise the oldest
 * that has no answer yet.
 *
 * **Guarantees** one answer per ask. Where nobody asked, it does nothing. An ask that is over - its
 * time ran out, or who asked has ended - takes nobody else's answer; where there is no other one,
 * the answer is a dead letter.
 * @example
 * on: { count: { actions: reply(({ context }) => context.count) } }
 */
export function reply<Context extends MachineContext, Event extends EventObject>(
  value: Json | ((handling: Handling<Context, Event>) => Json),
): (handling: Handling<Context, Event> & { readonly system: object }) => void {
  return ({ context, event, system }) => {
    const answer = typeof value === "function" ? value({ context, event }) : value;
    doorOf(system, "reply").reply(answer);
  };
}
