import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const file = fileURLToPath(new URL("../../fixtures/log-program.ts", import.meta.url));

interface Told {
  readonly completed: number;
  readonly waiting: number;
  readonly warnings: readonly string[];
}

function start(logs: number, runs: number) {
  const args = ["--conditions=coppice-source", file, String(logs), String(runs)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.on("close", (code) => resolve(code)));
  // Its only line: it ends when all that it wrote is read.
  const told = new Promise<Told>((resolve, reject) => {
    const lines = createInterface(child.stdout);
    lines.once("line", (json) => resolve(JSON.parse(json)));
    lines.once("close", () => reject(new Error("it ended without a word")));
  });
  return { child, ended, told };
}

describe("a log on standard error", () => {
  it("is there by default, each line with its end", async () => {
    const { child, ended, told } = start(1, 1);
    const lines = (await text(child.stderr)).split("\n");
    expect(await told).toMatchObject({ completed: 1, warnings: [] });
    expect(await ended).toBe(0);
    expect(lines.pop()).toBe("");
    for (const line of lines) expect(line).toMatch(/^\d{4}-[\d:T.-]+Z \//);
    expect(lines.filter((line) => line.includes(" completed word"))).toHaveLength(1);
  });

  it("ends nothing when its reader goes away", async () => {
    const { child, ended, told } = start(1, 50);
    child.stderr.destroy();
    expect(await told).toMatchObject({ completed: 50 });
    expect(await ended).toBe(0);
  });

  it("waits for no reader that reads nothing, and keeps little for it", async () => {
    const { child, ended, told } = start(1, 1_000);
    const { completed, waiting } = await told;
    expect(completed).toBe(1_000);
    expect(waiting).toBeLessThan(128 * 1_024);
    // And then it reads after all.
    expect(await text(child.stderr)).toMatch(/\n\(\d+ lines left out\)\n/);
    expect(await ended).toBe(0);
  });

  it("can be there many times without a warning", async () => {
    const { child, told } = start(15, 1);
    await text(child.stderr);
    expect(await told).toMatchObject({ completed: 1, warnings: [] });
  });
});
