import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const program = fileURLToPath(new URL("../fixtures/supervisor/much-in-little.ts", import.meta.url));

/** What a service with a heap of 256 MB was asked for, and what is to be left of it. */
export interface Use {
  readonly what: "results" | "callTool" | "sendMessage" | "spawnAgent";
  readonly times: number;
  readonly characters: number;
  readonly isolation?: "shared" | "process";
}

export interface LeftBehind {
  /** Results that were whole, or calls that were refused. */
  readonly done: number;
  /** Growth of the heap, and of the memory beside it, after a collection. */
  readonly heapMb: number;
  readonly otherMb: number;
}

/** Uses a service in a process of its own; rejects where that runs out of memory. */
export async function leftBehind(use: Use, timeout: number): Promise<LeftBehind> {
  const { what, times, characters, isolation = "shared" } = use;
  const flags = ["--conditions=coppice-source", "--expose-gc", "--max-old-space-size=256"];
  const args = [...flags, program, what, `${times}`, `${characters}`, isolation];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    timeout,
    killSignal: "SIGKILL",
  });
  return JSON.parse(stdout) as LeftBehind;
}
