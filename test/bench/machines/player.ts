import { reply, send } from "coppice/door";
import { assign, setup } from "xstate";

/** A number of rounds that are still to be played with another agent, and whom to tell then. */
interface Serve {
  readonly to: string;
  readonly left: number;
}

type Event = ({ readonly type: "serve" } & Serve) | { readonly type: "ping" | "pong" };

/** Sends a ball, waits until it is back, and sends it again; answers the ask that began it. */
export default setup({
  types: { input: {} as Serve, context: {} as Serve, events: {} as Event },
  actions: {
    take: assign(({ event }) => event as Extract<Event, Serve>),
    count: assign({ left: ({ context }) => context.left - 1 }),
    ping: send(({ context }) => ({ to: context.to, message: { type: "ping" } })),
    pong: send(({ context }) => ({ to: context.to, message: { type: "pong" } })),
    answer: reply("over"),
  },
  guards: { isOver: ({ context }) => context.left <= 1 },
}).createMachine({
  context: ({ input }) => input,
  on: {
    serve: { actions: ["take", "ping"] },
    ping: { actions: "pong" },
    pong: [{ guard: "isOver", actions: "answer" }, { actions: ["count", "ping"] }],
  },
});
