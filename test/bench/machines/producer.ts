import { send } from "coppice/door";
import { enqueueActions, setup } from "xstate";

type Event = { readonly type: "produce"; readonly to: string; readonly count: number };

/** Sends as many messages as it is told, all in one step. */
export default setup({
  types: { events: {} as Event },
  actions: {
    produce: enqueueActions(({ event, enqueue }) => {
      const one = send({ to: event.to, message: { type: "ping" } });
      for (let n = 0; n < event.count; n += 1) enqueue(one);
    }),
  },
}).createMachine({ on: { produce: { actions: "produce" } } });
