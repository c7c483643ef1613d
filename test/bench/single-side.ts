import { doorP99, doorPerSecond } from "./door.ts";
import { type Figure, nothingKept, type Prepared, sized } from "./figure.ts";
import { benchLoop } from "./loop.ts";

const DOOR_CALLS = 400_000;

/** One side of the path by itself, to see where the time of a turn goes. */
export const singleSide: readonly Figure[] = [
  {
    name: "door-tool",
    what: "arbitrated tool calls at depth 4: grant, reserve, settle; the arbiter alone",
    unit: "calls/s",
    prepare: (size) => prepared(() => doorPerSecond("tool", sized(DOOR_CALLS, size))),
  },
  {
    name: "door-model",
    what: "arbitrated model calls at depth 4, tokens and dollars reserved and settled",
    unit: "calls/s",
    prepare: (size) => prepared(() => doorPerSecond("model", sized(DOOR_CALLS, size))),
  },
  {
    name: "door-p99",
    what: "tool call at the door at depth 8, each decision an event: the 99th percentile",
    unit: "us",
    target: { most: 10 },
    prepare: (size) => prepared(() => doorP99(sized(DOOR_CALLS, size), 8)),
  },
  {
    name: "loop-alone",
    what: "per turn of the built-in loop with a supervisor that grants everything, no thread",
    unit: "us",
    prepare: (size) => {
      const rounds = sized(200, size);
      return prepared(() => benchLoop({ agents: 1, toolTurns: 20, rounds }));
    },
  },
];

async function prepared(measure: () => number): Promise<Prepared> {
  return { round: async () => measure(), [Symbol.asyncDispose]: nothingKept };
}
