import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Figure, type Prepared, sized } from "./figure.ts";

/** 100,000 in 1 GB. */
const target = { most: (1024 * 1024) / 100_000 };
const program = fileURLToPath(new URL("threads/idle-agents.ts", import.meta.url));

export const heap: Figure = {
  name: "memory-heap",
  what: "heap of one idle session agent after its turn, journal included, without threads",
  unit: "KB/agent",
  target,
  prepare: (size) => measureMemory("heapUsed", 0, sized(10_000, size)),
};

export const resident: Figure = {
  name: "memory-resident",
  what: "growth of resident memory for the same on 2 threads, their uncollected garbage included",
  unit: "KB/agent",
  target,
  prepare: (size) => measureMemory("rss", 2, sized(10_000, size)),
};

/** Each round is a process of its own: pages that a round gave up would flatter the next. */
export async function measureMemory(
  kind: "heapUsed" | "rss",
  threads: number,
  many: number,
): Promise<Prepared> {
  const flags = ["--conditions=coppice-source", "--expose-gc"];
  return {
    async round() {
      const args = [...flags, program, kind, String(threads), String(many)];
      const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
      return Number(stdout) / 1024 / many;
    },
    async [Symbol.asyncDispose]() {
      // Its processes have ended.
    },
  };
}
