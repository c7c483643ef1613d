import { reply } from "coppice/door";
import { assign, setup } from "xstate";

interface Item {
  readonly id: number;
  readonly text: string;
}

interface Context {
  readonly items: readonly Item[];
  readonly count: number;
}

/** Has the context that its input says, and takes messages that change little of it or nothing. */
export default setup({
  types: {
    context: {} as Context,
    input: {} as { readonly items: number },
    events: {} as { type: string },
  },
  actions: {
    look: () => undefined,
    count: assign({ count: ({ context }) => context.count + 1 }),
    touch: assign({
      items: ({ context }) =>
        context.items.with(0, { id: context.items.length, text: String(Math.random()) }),
    }),
    answer: reply(({ context }: { context: Context }) => context.count),
  },
}).createMachine({
  context: ({ input }) => ({
    count: 0,
    items: Array.from({ length: input.items }, (_, id) => ({ id, text: `item ${id}`.padEnd(80) })),
  }),
  on: {
    look: { actions: "look" },
    count: { actions: "count" },
    touch: { actions: "touch" },
    answer: { actions: "answer" },
  },
});
