import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const program = fileURLToPath(
  new URL("../../fixtures/supervisor/stops-bounded.ts", import.meta.url),
);
const MAX_DURATION_MS = 60_000;
/** What it promises, and as much again several times for a busy machine. */
const BOUND_MS = 20_000;
const folder = mkdtempSync(join(tmpdir(), "coppice-stop-"));
const pipe = join(folder, "pipe");
execFileSync("mkfifo", [pipe]);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Stopped {
  readonly tookMs: number;
  readonly statuses: readonly string[];
  readonly stuckThreads: number;
  readonly atWork: number;
}

/** Stops a swarm in which everybody refuses to end, in a process of its own. */
function stopped(how: "once" | "twice", graceMs: number, pipe = ""): Promise<Stopped> {
  const nodeArgs = ["--no-warnings", "--conditions=coppice-source"];
  const args = [...nodeArgs, program, how, String(graceMs), pipe];
  return new Promise((resolve, reject) => {
    const options = { timeout: MAX_DURATION_MS, killSignal: "SIGKILL" } as const;
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      // It kills itself in the end, which counts as an error.
      const [line] = stdout.split("\n");
      if (line) resolve(JSON.parse(line) as Stopped);
      else reject(new Error(`it has not stopped: ${stderr}`, { cause: error }));
    });
  });
}

describe("stop, whatever the agents, tools, servers, people and listeners do", () => {
  it("takes its grace and at most 5 s more, for threads and servers that do not end", async () => {
    const { tookMs, statuses, stuckThreads, atWork } = await stopped("once", 300, pipe);
    // Those that loop, block, and take more time than they have.
    expect(statuses.slice(0, 3)).toEqual(["killed", "killed", "killed"]);
    expect({ stuckThreads, atWork }).toEqual({ stuckThreads: 2, atWork: 0 });
    expect(tookMs).toBeGreaterThan(300);
    expect(tookMs).toBeLessThan(300 + BOUND_MS);
  });

  it("kills at once a server that ignores its end, when it is called a second time", async () => {
    const [once, twice] = [await stopped("once", 300), await stopped("twice", 300)];
    expect(once.tookMs).toBeGreaterThan(1_400);
    expect(twice.tookMs).toBeLessThan(once.tookMs);
  });

  it("called a second time waits for no grace, and 2 s for threads that do not end", async () => {
    const { tookMs, stuckThreads } = await stopped("twice", 60_000, pipe);
    expect(stuckThreads).toBe(2);
    expect(tookMs).toBeLessThan(BOUND_MS);
  });
});
