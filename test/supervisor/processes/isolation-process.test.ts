import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/index.ts";
import type { AgentSpec } from "../../../src/wire/spec.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "../open-supervisor.ts";
import { errandOutput, smallSwarm } from "../small-swarm.ts";

const fixture = (name: string): string =>
  new URL(`../../fixtures/isolation/${name}.ts`, import.meta.url).href;

const doer: AgentSpec = { machine: fixture("doer"), isolation: "process", memoryMb: 96 };
const outOfMemory = {
  status: "killed",
  reason: expect.stringMatching(/^OUT_OF_MEMORY: /),
  error: { code: "OUT_OF_MEMORY" },
};
const hostLost = (reason: RegExp) => ({
  status: "killed",
  reason: expect.stringMatching(reason),
  error: { code: "HOST_LOST" },
});

/** What ends a thread's whole process, and what outlives `terminate()`. */
const killers: Readonly<Record<string, object>> = {
  arrays: outOfMemory,
  "one-array": outOfMemory,
  // 96, 128 for Node, and what it took between two looks.
  buffers: { ...outOfMemory, reason: expect.stringMatching(/its process held [2-4]\d\d MB/) },
  strings: outOfMemory,
  exit: hostLost(/exited with code 7$/),
  abort: hostLost(/was ended by SIGABRT$/),
  throw: hostLost(/exited with code 1: Error: a bad day$/),
  loop: hostLost(/did not answer for 4000 ms/),
  pbkdf2: hostLost(/did not answer for 4000 ms/),
};

describe("an agent in a process of its own", () => {
  // Short of memory, a process that nine others keep from a core is silent for seconds.
  const swarm = smallSwarm({ threads: 1, warm: 0, graceMs: 4_000 });
  let open: OpenSupervisor;
  beforeAll(async () => {
    const agents = { ...swarm.options.agents, doer };
    open = await openSupervisor({ ...swarm.options, agents });
  });
  afterAll(() => open[Symbol.asyncDispose]());

  it("that kills what it lives in costs itself, and none of ten neighbours", async () => {
    const { supervisor } = open;
    const rss = process.memoryUsage.rss();
    const deadly = Object.keys(killers).map((deed) => supervisor.run("doer", { input: { deed } }));
    const neighbours: Promise<Outcome>[] = [];
    for (let n = 0; n < 10; n += 1) {
      const [agent, input] = n % 2 === 0 ? ["lead", "Go."] : ["errand", null];
      neighbours.push(supervisor.run(agent as string, { input }));
    }
    const told = await Promise.all(neighbours);
    expect(told.map((outcome) => outcome.status)).toEqual(Array(10).fill("completed"));
    expect(told.map((each) => each.status === "completed" && each.output)).toEqual(
      Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? "All done." : errandOutput)),
    );
    // Five leads with five calls each, five errands with three.
    expect([swarm.executed.length, new Set(swarm.executed).size]).toEqual([40, 40]);
    const ended = await Promise.all(deadly);
    expect(
      Object.fromEntries(ended.map((each, n) => [Object.keys(killers)[n], each])),
    ).toMatchObject(killers);
    // What they took was never the supervisor's.
    expect(process.memoryUsage.rss() - rss).toBeLessThan(100 * 2 ** 20);
    expect(supervisor.stats().hosts.filter(({ isolation }) => isolation === "process")).toEqual([]);
    expectAtRest(open);
  });

  it.each([
    ["start a program", "execSync", "ERR_ACCESS_DENIED"],
    ["start a thread", "thread", "ERR_ACCESS_DENIED"],
    ["write a file", "write", "ERR_ACCESS_DENIED"],
    ["see the environment", "env", []],
  ])("cannot %s", async (_, deed, output) => {
    const input = { deed, file: "/tmp/coppice-was-here" };
    const outcome = await open.supervisor.run("doer", { input });
    expect(outcome).toMatchObject({ status: "completed", output });
  });

  it("that only makes much garbage goes on, also where it may hold little", async () => {
    const churner = { machine: fixture("churner"), isolation: "process", memoryMb: 64 } as const;
    const outcome = await open.supervisor.run(churner);
    expect(outcome).toMatchObject({ status: "completed", output: 80 });
  });

  it("that is cancelled while it loops is not moved, and its process ends", async () => {
    const { supervisor, seen } = open;
    const before = seen.length;
    const agent = await supervisor.spawn("doer", { input: { deed: "loop" } });
    await open.until(
      "host.suspect",
      ({ host }) => host === supervisor.tree().children.at(-1)?.host,
    );
    await agent.cancel("enough");
    expect(await agent.outcome).toMatchObject({ reason: "enough" });
    const begun = seen.slice(before).filter(({ type }) => type === "host.started");
    expect(begun).toHaveLength(1);
    expect(supervisor.stats().hosts.some(({ isolation }) => isolation !== undefined)).toBe(false);
  });
});

describe("the built-in loop in a process of its own", () => {
  it("calls tools, spawns, and is told apart in the statistics while it lives", async () => {
    const swarm = smallSwarm({ threads: 1, warm: 0 });
    const lead = { ...swarm.options.agents?.lead, isolation: "process" } as AgentSpec;
    const agents = { ...swarm.options.agents, lead };
    await using open = await openSupervisor({ ...swarm.options, agents });
    const { supervisor } = open;
    const seen: unknown[] = [];
    supervisor.on("tool.finished", ({ path }) => {
      if (path === "/lead") seen.push(...supervisor.stats().hosts.filter((host) => host.isolation));
    });
    const outcome = await supervisor.run("lead", { input: "Go." });
    expect(outcome).toMatchObject({ status: "completed", output: "All done." });
    expect(outcome.usage.toolCalls).toBe(5);
    expect(seen[0]).toMatchObject({ kind: "library", isolation: "process", agents: 1 });
    await expect.poll(() => supervisor.stats().hosts.filter((host) => host.isolation)).toEqual([]);
    expect(open.seen.filter(({ type }) => type === "host.lost")).toEqual([]);
  });
});
