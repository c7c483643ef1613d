import { setup } from "xstate";

/** Lives, and does nothing. */
export default setup({}).createMachine({ initial: "idle", states: { idle: {} } });
