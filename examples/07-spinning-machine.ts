/** Either surveys, or spins for ever: 07-supervision.ts runs both on one thread. */
import { type CallOutput, callTool } from "coppice/actor";
import { assign, setup } from "xstate";

interface Context {
  readonly task: string;
  readonly result: CallOutput | null;
}

export default setup({
  types: {} as { context: Context; input: string; output: CallOutput | null },
  actors: { callTool },
  actions: {
    spin: () => {
      for (;;);
    },
  },
  guards: { mustSpin: ({ context }) => context.task === "spin" },
}).createMachine({
  id: "surveyor",
  context: ({ input }) => ({ task: input, result: null }),
  initial: "beginning",
  states: {
    beginning: { always: [{ guard: "mustSpin", target: "spinning" }, { target: "surveying" }] },
    spinning: { entry: "spin" },
    surveying: {
      invoke: {
        id: "survey",
        src: "callTool",
        input: { tool: "survey", input: {} },
        onDone: {
          target: "done",
          actions: assign({ result: ({ event }) => event.output }),
        },
      },
    },
    done: { type: "final" },
  },
  output: ({ context }) => context.result,
});
