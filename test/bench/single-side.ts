import { doorPerSecond } from "./door.ts";
import type { Figure, Prepared } from "./figure.ts";
import { benchLoop } from "./loop.ts";

/** One side of the path by itself, to see where the time of a turn goes. */
export const singleSide: readonly Figure[] = [
  {
    name: "door-tool",
    what: "arbitrated tool calls at depth 4: grant, reserve, settle; the arbiter alone",
    unit: "calls/s",
    target: { least: 500_000 },
    prepare: (size) => prepared(() => doorPerSecond("tool", size === "full" ? 400_000 : 40_000)),
  },
  {
    name: "door-model",
    what: "arbitrated model calls at depth 4, tokens and dollars reserved and settled",
    unit: "calls/s",
    target: { least: 500_000 },
    prepare: (size) => prepared(() => doorPerSecond("model", size === "full" ? 400_000 : 40_000)),
  },
  {
    name: "loop-alone",
    what: "per turn of the built-in loop with a supervisor that grants everything, no thread",
    unit: "us",
    prepare: (size) => {
      const rounds = size === "full" ? 200 : 20;
      return prepared(() => benchLoop({ agents: 1, toolTurns: 20, rounds }));
    },
  },
];

async function prepared(measure: () => number): Promise<Prepared> {
  return {
    round: async () => measure(),
    async [Symbol.asyncDispose]() {
      // Nothing is kept between rounds.
    },
  };
}
