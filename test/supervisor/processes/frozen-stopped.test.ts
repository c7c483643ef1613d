import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { expectAtRest, openSupervisor } from "../open-supervisor.ts";

const fixture = (name: string): URL =>
  new URL(`../../fixtures/supervisor/${name}.ts`, import.meta.url);
const STOPPED_MS = 3_000;

/** A program as a child process that cannot hang, and the lines that it writes. */
function run(name: string, ...nodeArgs: string[]) {
  const args = ["--conditions=coppice-source", ...nodeArgs, fileURLToPath(fixture(name))];
  const stdio = ["pipe", "pipe", "ignore"] as const;
  const child = spawn(process.execPath, args, { stdio: [...stdio], timeout: 60_000 });
  const lines = createInterface(child.stdout as Readable)[Symbol.asyncIterator]();
  return { child, lines, [Symbol.dispose]: () => void child.kill("SIGKILL") };
}

describe("a supervisor whose time jumps", () => {
  it("because its process was stopped for three seconds terminates nothing", async () => {
    using program = run("stopped");
    const { child, lines } = program;
    expect(await lines.next()).toMatchObject({ value: "ready" });
    child.kill("SIGSTOP");
    await sleep(STOPPED_MS);
    child.kill("SIGCONT");
    child.stdin?.write("go on\n");
    const { value } = await lines.next();
    const both = ["completed", "completed"];
    expect(JSON.parse(String(value))).toEqual({ before: both, after: both, heard: [] });
  });
});

describe("a step that takes long", () => {
  it("makes its thread suspect, which is ready again and has lost nothing", async () => {
    const graceMs = 60_000;
    await using open = await openSupervisor({ threads: 1, heartbeatMs: 40, graceMs });
    const spec = { machine: fixture("slow-step").href };
    const slow = await open.supervisor.spawn(spec);
    const neighbour = await open.supervisor.spawn(spec);
    await open.until("agent.state", undefined, 2);
    slow.tell({ type: "hold", ms: 800 });
    const { host } = await open.until("host.suspect");
    // Nobody is placed on a thread that may be frozen.
    const other = await open.supervisor.spawn(spec);
    expect(await open.until("agent.started", undefined, 3)).not.toMatchObject({ host });
    for (const agent of [neighbour, other]) agent.tell({ type: "hold", ms: 1 });
    for (const { outcome } of [slow, neighbour, other]) {
      expect(await outcome).toMatchObject({ status: "completed" });
    }
    expect(open.seen.filter(({ type }) => type === "host.lost")).toEqual([]);
    const state = () => open.supervisor.stats().hosts.find(({ id }) => id === host)?.state;
    await expect.poll(state).toBe("ready");
    expectAtRest(open);
  });

  it.each([
    ["ends its agent", "killed", []],
    ["ends nobody while a debugger is attached", "completed", ["--inspect=127.0.0.1:0"]],
  ] as const)("longer than its grace %s", async (_, status, nodeArgs) => {
    using program = run("held", ...nodeArgs);
    expect(await program.lines.next()).toMatchObject({ value: status });
  });
});
