import { setup } from "xstate";

/** Loops for ever once it is told to. */
export default setup({
  actions: {
    run: () => {
      for (;;);
    },
  },
}).createMachine({ on: { run: { actions: "run" } } });
