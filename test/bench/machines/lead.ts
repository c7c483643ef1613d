import { type SpawnInput, spawnAgent } from "coppice/door";
import { assign, setup } from "xstate";

/** Spawns as many agents as its input says, one after another, and lives on. */
export default setup({
  types: { context: {} as { left: number }, input: {} as number },
  actors: { spawnAgent },
  actions: { countDown: assign({ left: ({ context }) => context.left - 1 }) },
  guards: { isDone: ({ context }) => context.left === 0 },
}).createMachine({
  context: ({ input }) => ({ left: input }),
  initial: "choosing",
  states: {
    choosing: { always: [{ guard: "isDone", target: "idle" }, { target: "spawning" }] },
    spawning: {
      invoke: {
        id: "spawn",
        src: "spawnAgent",
        input: { agent: "waits", input: "go", background: true } satisfies SpawnInput,
        onDone: { target: "choosing", actions: "countDown" },
      },
    },
    idle: {},
  },
});
