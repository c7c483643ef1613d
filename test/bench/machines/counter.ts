import { reply } from "coppice/door";
import { assign, setup } from "xstate";

/** Counts what it is told, and says how many it were when it is asked. */
export default setup({
  types: { context: {} as { count: number } },
  actions: {
    count: assign({ count: ({ context }) => context.count + 1 }),
    answer: reply(({ context }: { context: { count: number } }) => context.count),
  },
}).createMachine({
  context: { count: 0 },
  on: { ping: { actions: "count" }, count: { actions: "answer" } },
});
