import { checkOut } from "./against.ts";
import type { doorPerSecond as DoorPerSecond } from "./door.ts";
import { doorPerSecond } from "./door.ts";
import { type Figure, nothingKept, type Prepared, sized } from "./figure.ts";
import { pairs } from "./pairs.ts";
import { spawns } from "./spawns.ts";

/** The commit that is version 0.1. */
const VERSION_0_1 = "470ca3a";
const DEPTH = 8;

/** What must not be lost, or must be gained, since the first version, measured in turn with it. */
export const firstVersion: readonly Figure[] = [
  {
    name: "door-to-0.1",
    what: "tool calls per second at the door at depth 8, each decision an event: to version 0.1's",
    unit: "x",
    target: { least: 0.75 },
    async prepare(size) {
      const other = await checkOut(VERSION_0_1);
      const theirs = (await import(new URL("door.ts", other.base).href)) as {
        readonly doorPerSecond: typeof DoorPerSecond;
      };
      const calls = sized(200_000, size);
      const door = (perSecond: typeof DoorPerSecond): Prepared => ({
        round: async () => perSecond("tool", calls, DEPTH),
        [Symbol.asyncDispose]: nothingKept,
      });
      return andThen(pairs(door(doorPerSecond), door(theirs.doorPerSecond)), other);
    },
  },
  {
    name: "spawn-to-0.1",
    what: "agents per second from spawn to first step on 2 threads, to version 0.1's",
    unit: "x",
    target: { least: 1.5 },
    async prepare(size) {
      const other = await checkOut(VERSION_0_1);
      const theirs = other.figures.find(({ name }) => name === spawns.name) as Figure;
      return andThen(pairs(await spawns.prepare(size), await theirs.prepare(size)), other);
    },
  },
];

/** Removes what was checked out when it is no longer measured. */
function andThen(prepared: Prepared, other: Disposable): Prepared {
  return {
    round: () => prepared.round(),
    async [Symbol.asyncDispose]() {
      using _ = other;
      await prepared[Symbol.asyncDispose]();
    },
  };
}
