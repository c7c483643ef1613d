import { createActor, setup } from "xstate";

/**
 * Runs a machine that does nothing. V8 compiles a function when it first runs, which for those of
 * XState takes 2 ms of an agent's start; a host that waits for its agent has them compiled before.
 */
export function rehearse(): void {
  const machine = setup({}).createMachine({ initial: "idle", states: { idle: {} } });
  const actor = createActor(machine).start();
  actor.getPersistedSnapshot();
  actor.stop();
}
