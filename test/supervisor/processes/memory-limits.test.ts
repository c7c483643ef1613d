import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Supervisor } from "../../../src/index.ts";
import type { AgentSpec } from "../../../src/wire/spec.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "../open-supervisor.ts";
import { errandOutput, smallSwarm } from "../small-swarm.ts";

const fixture = (name: string): string =>
  new URL(`../../fixtures/isolation/${name}.ts`, import.meta.url).href;

const doer: AgentSpec = { machine: fixture("doer"), isolation: "thread", memoryMb: 64 };
const churner: AgentSpec = { machine: fixture("churner"), isolation: "thread", memoryMb: 44 };
const outOfMemory = {
  status: "killed",
  reason: expect.stringMatching(/^OUT_OF_MEMORY: /),
  error: { code: "OUT_OF_MEMORY" },
};

describe("an agent on a thread of its own, with a limit of memory", () => {
  const swarm = smallSwarm({ threads: 1 });
  let open: OpenSupervisor;
  beforeAll(async () => {
    const agents = { ...swarm.options.agents, doer, churner };
    // A thread that only collects garbage has no heartbeat: what it is ended for is its memory.
    open = await openSupervisor({ ...swarm.options, agents, graceMs: 60_000 });
  });
  afterAll(() => open[Symbol.asyncDispose]());

  it.each(["objects", "map", "slow-buffers"])(
    "that leaks %s ends, and nobody else",
    async (deed) => {
      const { supervisor } = open;
      const leak = supervisor.run("doer", { input: { deed } });
      const [outcome, neighbour] = await Promise.all([leak, supervisor.run("errand")]);
      expect(outcome).toMatchObject(outOfMemory);
      expect(neighbour).toMatchObject({ status: "completed", output: errandOutput });
      const isItsStart = ({ path, type }: { readonly path: string; readonly type: string }) =>
        type === "agent.started" && path === outcome.path;
      const begun = open.seen.find(isItsStart);
      expect(await open.until("host.lost", ({ host }) => host === begun?.host)).toMatchObject({
        cause: "out-of-memory",
        reason: expect.stringMatching(/^OUT_OF_MEMORY/),
      });
      expectAtRest(open);
    },
  );

  it("that only makes much garbage goes on", async () => {
    const runs = [1, 2, 3].map(() => open.supervisor.run("churner"));
    const whole = { status: "completed", output: 80 };
    expect(await Promise.all(runs)).toMatchObject([whole, whole, whole]);
  });

  it("is begun anew as its restart type says, and each time on a new thread", async () => {
    const { supervisor, seen } = open;
    const spec = { ...doer, restart: "transient", input: { deed: "slow-buffers" } } as const;
    const before = seen.length;
    const outcome = await supervisor.run({
      ...spec,
      intensity: { maxRestarts: 1, withinMs: 60_000 },
    });
    expect(outcome.status).not.toBe("completed");
    const since = seen.slice(before);
    const restarts = since.filter(({ type }) => type === "agent.restarted");
    expect(restarts.length).toBeGreaterThan(0);
    const hosts = since.flatMap((event) => (event.type === "agent.started" ? [event.host] : []));
    expect(hosts).toHaveLength(restarts.length + 1);
    expect(new Set(hosts).size).toBe(hosts.length);
  });
});

describe("the options of isolation", () => {
  const start = (spec: Partial<AgentSpec>, threads = 1) =>
    Supervisor.start({ threads, agents: { doer: { machine: fixture("doer"), ...spec } } });
  const refused = (message: RegExp) => ({
    code: "OPTIONS_INVALID",
    message: expect.stringMatching(message),
  });

  it.each([
    { isolation: "thread", memoryMb: 0 },
    { isolation: "process", memoryMb: 31 },
    { isolation: "thread", memoryMb: 64.5 },
    { isolation: "process", memoryMb: 2 ** 20 + 1 },
    { isolation: "process", memoryMb: Number.NaN },
  ] as const)("refuse $memoryMb megabytes", async (spec) => {
    await expect(start(spec)).rejects.toMatchObject(refused(/agents\.doer: memoryMb/));
  });

  it.each([{ memoryMb: 64 }, { isolation: "shared", memoryMb: 64 }] as const)(
    "refuse a limit for a place that others share",
    async (spec) => {
      await expect(start(spec)).rejects.toMatchObject(
        refused(/needs isolation "thread" or "process"/),
      );
    },
  );

  it("refuse another place than the three", async () => {
    await expect(start({ isolation: "vm" as never })).rejects.toMatchObject(refused(/isolation/));
  });

  it.each(["thread", "process"] as const)(
    "let an agent live in 32 MB on a %s",
    async (isolation) => {
      await using supervisor = await start({ isolation, memoryMb: 32 });
      const outcome = await supervisor.run("doer", { input: { deed: "nothing" } });
      expect(outcome).toMatchObject({ status: "completed", output: "done" });
    },
  );

  it("give a process 512 MB where nothing is said, and a thread what Node gives it", async () => {
    await using supervisor = await start({ isolation: "process" });
    const { output } = (await supervisor.run("doer", { input: { deed: "options" } })) as never;
    expect(output).toContain("--max-old-space-size=512");
    const thread = { machine: fixture("doer"), isolation: "thread" } as const;
    const outcome = await supervisor.run({ ...thread, input: { deed: "heap-limit" } });
    expect(outcome).toMatchObject({ status: "completed", output: true });
  });

  it.each(["thread", "process"] as const)(
    "refuse to hold a %s apart where everything lives in the calling thread",
    async (isolation) => {
      const told = refused(/isolation: with `threads: 0` every agent lives in the calling thread/);
      await expect(start({ isolation }, 0)).rejects.toMatchObject(told);
      await using supervisor = await start({ isolation: "shared" }, 0);
      const spec = { machine: fixture("doer"), isolation };
      await expect(supervisor.spawn(spec)).rejects.toMatchObject(told);
    },
  );
});
