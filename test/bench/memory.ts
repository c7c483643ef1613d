import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Figure, nothingKept, type Prepared, sized } from "./figure.ts";

const program = fileURLToPath(new URL("threads/idle-agents.ts", import.meta.url));

export const heap: readonly Figure[] = [
  {
    name: "memory-heap",
    what: "heap of an idle run: a session agent after its turn, journal included, without threads",
    unit: "KB",
    target: { most: 10 },
    rounds: 3,
    prepare: (size) => measureMemory("heapUsed", 0, sized(10_000, size)),
  },
  {
    name: "memory-below",
    what: "heap of the same below a run of 10,000",
    unit: "KB",
    target: { most: 6.6 },
    rounds: 3,
    prepare: (size) => measureMemory("heapUsed", 0, sized(10_000, size), "below"),
  },
];

export const resident: Figure = {
  name: "memory-resident",
  what: "resident memory of an idle run on 2 threads, their uncollected garbage included",
  unit: "KB",
  target: { most: 25 },
  rounds: 3,
  prepare: (size) => measureMemory("rss", 2, sized(10_000, size)),
};

/** Each round is a process of its own: pages that a round gave up would flatter the next. */
export async function measureMemory(
  kind: "heapUsed" | "rss",
  threads: number,
  many: number,
  kin: "runs" | "below" = "runs",
): Promise<Prepared> {
  const flags = ["--conditions=coppice-source", "--expose-gc"];
  return {
    async round() {
      const args = [...flags, program, kind, String(threads), String(many), kin];
      const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
      return Number(stdout) / 1024 / many;
    },
    [Symbol.asyncDispose]: nothingKept,
  };
}
