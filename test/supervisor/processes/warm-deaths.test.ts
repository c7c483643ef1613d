import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { Supervisor } from "../../../src/index.ts";
import { runningProcesses, treeOf } from "../../processes/running-processes.ts";

const fixture = (name: string): URL => new URL(`../../fixtures/${name}.ts`, import.meta.url);
const doer = { machine: fixture("isolation/doer").href, isolation: "process" } as const;
const programs = (root = process.pid) =>
  treeOf(root).filter(({ command }) => command.includes("workers/process"));

const open: Supervisor[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((supervisor) => supervisor.stop()));
});

/** A supervisor with one warm process, all that was told of its hosts, and the process's id. */
async function begin() {
  const supervisor = await Supervisor.start({ threads: 1, warm: 1, agents: { doer } });
  open.push(supervisor);
  const lost: unknown[] = [];
  supervisor.on("host.lost", ({ host, cause }) => lost.push([host, cause]));
  const warm = () => supervisor.stats().hosts.find(({ state }) => state === "warm")?.id;
  await expect.poll(warm).toBeDefined();
  const [program] = programs();
  return { supervisor, lost, warm, id: warm(), pid: program?.pid ?? 0 };
}

describe.runIf(process.platform === "linux")("a warm process that dies", () => {
  it("while it waits is replaced, and nobody hears of it", async () => {
    const { supervisor, lost, warm, id, pid } = await begin();
    process.kill(pid, "SIGKILL");
    await expect.poll(warm).not.toBe(id);
    await expect.poll(warm).toBeDefined();
    const next = warm();
    const hosts: unknown[] = [];
    supervisor.on("agent.started", ({ host }) => hosts.push(host));
    const outcome = await supervisor.run("doer", { input: { deed: "nothing" } });
    expect(outcome).toMatchObject({ status: "completed", output: "done" });
    expect(hosts).toEqual([next]);
    expect(lost).toEqual([]);
    expect(supervisor.health()).toMatchObject({ ready: true, reasons: [] });
  });

  it("while it is taken was never started, and its agent goes on elsewhere", async () => {
    const { supervisor, lost, id, pid } = await begin();
    process.kill(pid, "SIGKILL");
    const outcome = await supervisor.run("doer", { input: { deed: "nothing" } });
    expect(outcome).toMatchObject({ status: "completed", output: "done" });
    expect(lost).toEqual([[id, "not-started"]]);
  });
});

describe.runIf(process.platform === "linux")("a supervisor's process with warm hosts", () => {
  const run = (...args: readonly string[]) => {
    const options = [
      "--conditions=coppice-source",
      fileURLToPath(fixture("supervisor/warm-program")),
    ];
    return spawn(process.execPath, [...options, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 90_000,
      killSignal: "SIGKILL",
    });
  };

  it.each(["SIGKILL", "SIGTERM"] as const)("leaves none behind at %s", async (signal) => {
    const program = run();
    await once(program.stdout, "data");
    const tree = treeOf(program.pid ?? 0);
    expect(programs(program.pid)).toHaveLength(1);
    const exited = once(program, "exit");
    program.kill(signal);
    await exited;
    const left = () => runningProcesses().filter(({ pid }) => tree.some((one) => one.pid === pid));
    await expect.poll(left, { interval: 50 }).toEqual([]);
  });

  it.each([
    ["although nobody has stopped the supervisor", "leave"],
    ["once the supervisor has stopped", "stop"],
  ])("ends by itself, %s", async (_, end) => {
    const program = run(end);
    const [code] = await once(program, "exit");
    expect(code).toBe(0);
  });
});
