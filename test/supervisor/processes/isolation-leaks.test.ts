import { queryObjects } from "node:v8";
import { MessagePort } from "node:worker_threads";
import { Piscina } from "piscina";
import { describe, expect, it } from "vitest";
import { ProcessHost } from "../../../src/hosts/process-host.ts";
import { ThreadHost } from "../../../src/hosts/thread-host.ts";
import { Supervisor } from "../../../src/index.ts";

const machine = new URL("../../fixtures/isolation/doer.ts", import.meta.url).href;

/** How many there are of everything that a host is made of, garbage not counted. */
const left = () =>
  [MessagePort, ThreadHost, ProcessHost, Piscina].map((kind) => {
    return queryObjects(kind as never, { format: "count" } as never) as unknown as number;
  });
const kinds = new Set(["MessagePort", "ProcessWrap", "PipeWrap"]);
const handles = () => process.getActiveResourcesInfo().filter((name) => kinds.has(name)).length;

describe.each(["thread", "process"] as const)("agents that each had a %s", (isolation) => {
  it("leave no host, port, pool or handle behind, however they ended", async () => {
    const agents = { doer: { machine, isolation, limits: { children: 8 } } };
    await using supervisor = await Supervisor.start({ threads: 1, agents });
    const generation = async (): Promise<void> => {
      const deeds = ["nothing", "nothing", "exit", "throw"];
      const runs = deeds.map((deed) => supervisor.run("doer", { input: { deed } }));
      const told = (await Promise.all(runs)).map(({ status }) => status);
      expect(told).toEqual(["completed", "completed", "killed", "killed"]);
      const states = () => supervisor.stats().hosts.map(({ state }) => state);
      await expect.poll(states).toEqual(["ready", "warm"]);
    };
    await generation();
    const open = handles();
    const before = left();
    await generation();
    await generation();
    await expect.poll(handles).toBe(open);
    const grown = () => left().map((count, at) => count - (before[at] as number));
    // What was let go of is collected in its own time.
    await expect
      .poll(() => Math.max(...grown()), { timeout: 30_000, interval: 250 })
      .toBeLessThan(4);
  });
});
