import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { ProgramRun } from "../program-run.ts";

const folder = mkdtempSync(join(tmpdir(), "coppice-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stuck = "test/fixtures/cli/stuck.ts";
/** What the threads get to end, and much more for a busy machine. */
const BOUND_MS = 20_000;

/** A pipe, and a way to wait until somebody blocks in reading it. */
function newPipe() {
  const pipe = join(folder, randomUUID());
  execFileSync("mkfifo", [pipe]);
  const open = (): number | undefined => {
    try {
      return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      // Nobody reads it yet.
      if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
      return undefined;
    }
  };
  const isRead = async (): Promise<void> => {
    const writer = await vi.waitUntil(open, { timeout: 30_000, interval: 10 });
    onTestFinished(() => closeSync(writer));
  };
  return { pipe, isRead };
}

async function interrupted(times: number) {
  const { pipe, isRead } = newPipe();
  const started = new ProgramRun(["run", stuck, "--input", pipe, "--json"]);
  await isRead();
  started.child.kill("SIGINT");
  await started.says("cancelling every agent");
  await started.killAgain("SIGINT");
  const from = performance.now();
  if (times > 2) {
    await started.says("killing what has not ended");
    await started.killAgain("SIGINT");
  }
  const ran = await started.ended;
  return { ran, tookMs: performance.now() - from };
}

describe("the program with a thread that nothing can end", () => {
  it("is gone after a second signal, with its outcome written and its own exit code", async () => {
    const { ran, tookMs } = await interrupted(2);
    expect(ran).toMatchObject({ code: 137, signal: null });
    expect(ran.stderr).toContain("a thread is in a blocking call that nothing can end");
    const outcome = JSON.parse(ran.stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(outcome).toMatchObject({ type: "outcome", status: "killed" });
    expect(tookMs).toBeLessThan(BOUND_MS);
  });

  it("is gone at once after a third", async () => {
    const { ran } = await interrupted(3);
    expect(ran).toMatchObject({ code: 137, signal: null });
    // Nobody waited until the thread was found to be stuck.
    expect(ran.stderr).not.toContain("a thread is in a blocking call");
  });

  it("is gone after the first while it still starts", async () => {
    const { pipe, isRead } = newPipe();
    const started = new ProgramRun(["run", stuck], { env: { TEST_PIPE: pipe } });
    await isRead();
    const from = performance.now();
    started.child.kill("SIGTERM");
    expect(await started.ended).toMatchObject({ code: 130, signal: null });
    expect(performance.now() - from).toBeLessThan(BOUND_MS);
  });
});
