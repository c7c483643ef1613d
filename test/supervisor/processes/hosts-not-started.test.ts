import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { type HostsOptions, startHosts } from "../../../src/hosts/hosts.ts";
import { type AgentSpec, Supervisor } from "../../../src/index.ts";
import { temporaryFolder } from "../../tools/temporary-folder.ts";

const fixture = (name: string): URL =>
  new URL(`../../fixtures/supervisor/${name}.ts`, import.meta.url);
const nowhere = new URL("../nowhere.ts", import.meta.url);

const talker: AgentSpec = { model: { provider: "scripted", steps: [{ text: "Hello." }] } };
const kinds: Readonly<Record<string, AgentSpec>> = {
  "a thread of many": talker,
  "a thread of its own": { ...talker, isolation: "thread" },
  "a process of its own": { ...talker, isolation: "process" },
};

const open: Supervisor[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((supervisor) => supervisor.stop()));
});

async function begin(router: Pick<HostsOptions, "entry" | "processEntry">): Promise<Supervisor> {
  const supervisor = await Supervisor.start(
    { threads: 1, agents: { talker } },
    { startHosts: (options) => startHosts({ ...options, ...router }) },
  );
  open.push(supervisor);
  return supervisor;
}

const lost = {
  status: "failed",
  error: { code: "HOST_LOST", message: expect.stringContaining("nowhere.ts") },
};

describe("hosts whose program is not there", () => {
  it.each(Object.entries(kinds))("fail the run that waits for %s", async (_, spec) => {
    const supervisor = await begin({ entry: nowhere, processEntry: nowhere });
    const lostHosts: string[] = [];
    supervisor.on("host.lost", ({ cause }) => lostHosts.push(String(cause)));
    expect(supervisor.health()).toMatchObject({ ready: true });
    expect(await supervisor.run(spec, { input: "Hi." })).toMatchObject(lost);
    expect(supervisor.health()).toMatchObject({ live: true, ready: false });
    expect(supervisor.health().reasons).toEqual([expect.stringContaining("nowhere.ts")]);
    await expect.poll(() => lostHosts.slice(0, 3)).toEqual(Array(3).fill("not-started"));
    // Nobody is left waiting, however late it comes.
    expect(await supervisor.run(spec, { input: "Hi." })).toMatchObject(lost);
    await supervisor.stop();
    expect(supervisor.health()).toMatchObject({ live: false, ready: false });
  });

  it("fail every run that waits, and the check of a module with the same reason", async () => {
    const supervisor = await begin({ entry: nowhere });
    const runs = Array.from({ length: 10 }, () => supervisor.run("talker", { input: "Hi." }));
    expect(await Promise.all(runs)).toMatchObject(Array(10).fill(lost));
    const machine = fixture("sleeper").href;
    await expect(supervisor.run({ machine })).rejects.toMatchObject(lost.error);
  });

  it("are stopped while they are tried again and again", async () => {
    const supervisor = await begin({ entry: nowhere, processEntry: nowhere });
    const specs = Object.values(kinds);
    const agents = await Promise.all(specs.map((spec) => supervisor.spawn(spec, { input: "Hi." })));
    await supervisor.stop();
    const outcomes = await Promise.all(agents.map(({ outcome }) => outcome));
    for (const { status } of outcomes) expect(status).toMatch(/failed|cancelled/);
    expect(supervisor.stats().hosts).toEqual([]);
  });

  it.each(Object.entries(kinds))("run agents again once they can start: %s", async (_, spec) => {
    const folder = await temporaryFolder();
    const program = join(folder, "nowhere.ts");
    const url = pathToFileURL(program);
    const supervisor = await begin({ entry: url, processEntry: url });
    expect(await supervisor.run(spec, { input: "Hi." })).toMatchObject(lost);
    const worker = (name: string) => new URL(`../../../workers/${name}.ts`, import.meta.url).href;
    const isProcess = spec.isolation === "process";
    writeFileSync(
      program,
      isProcess ? `import "${worker("process")}";` : `export { default } from "${worker("host")}";`,
    );
    // It is tried again by itself: who looks whether it is ready need not send anybody.
    await expect.poll(() => supervisor.health().ready).toBe(true);
    const outcome = await supervisor.run(spec, { input: "Hi." });
    expect(outcome).toMatchObject({ status: "completed", output: "Hello." });
  });
});

it("a program that may start neither threads nor programs is told so of each", async () => {
  const program = fileURLToPath(fixture("not-started-program"));
  const flags = ["--conditions=coppice-source", "--permission", "--allow-fs-read=*"];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program]);
  const lostEach = { shared: "HOST_LOST", thread: "HOST_LOST", process: "HOST_LOST" };
  expect(JSON.parse(stdout)).toMatchObject({
    ...lostEach,
    module: "HOST_LOST",
    compute: "HOST_LOST",
    health: { ready: false, reasons: expect.arrayContaining([expect.stringMatching(/--allow-w/)]) },
    hosts: [],
  });
});
