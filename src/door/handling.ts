import type { EventObject, MachineContext } from "xstate";

/** The part of an action's arguments that its value is made from. */
export interface Handling<Context extends MachineContext, Event extends EventObject> {
  readonly context: Context;
  readonly event: Event;
}
