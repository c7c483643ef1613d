import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("../../fixtures/supervisor/long-run.ts", import.meta.url));

interface Left {
  readonly heapKb: number;
  readonly handles: number;
}

/** What each round of the program left behind. */
async function leftBy(...args: readonly string[]): Promise<readonly Left[]> {
  const flags = ["--conditions=coppice-source", "--expose-gc"];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, ...args], {
    timeout: 200_000,
    killSignal: "SIGKILL",
  });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Left);
}

describe("a supervisor that runs for long", () => {
  // What is kept of the past (`keepMb`) is full after the early round.
  it("holds no more after 10,000 agents than after 6,000", { timeout: 210_000 }, async () => {
    const left = await leftBy("spawns", "5", "2000");
    const [, , third, , last] = left as [Left, Left, Left, Left, Left];
    expect(last.handles).toBeLessThanOrEqual(third.handles);
    expect(last.heapKb - third.heapKb).toBeLessThan(0.1 * third.heapKb);
  });

  it("holds no more after 200 killed threads than after 75", { timeout: 210_000 }, async () => {
    const left = await leftBy("threads", "8", "25");
    const [early, last] = [left[2], left.at(-1)] as [Left, Left];
    expect(last.handles).toBeLessThanOrEqual(early.handles);
    expect(last.heapKb - early.heapKb).toBeLessThan(0.1 * early.heapKb);
  });
});
