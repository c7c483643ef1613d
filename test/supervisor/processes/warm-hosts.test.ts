import { describe, expect, it } from "vitest";
import { type AgentSpec, Supervisor, type SupervisorOptions } from "../../../src/index.ts";
import type { AnyEvent } from "../../../src/wire/event.ts";
import { treeOf } from "../../processes/running-processes.ts";

const machine = new URL("../../fixtures/isolation/doer.ts", import.meta.url).href;
const nothing = { input: { deed: "nothing" } };
const done = { status: "completed" };

const warm = (supervisor: Supervisor): readonly string[] =>
  supervisor
    .stats()
    .hosts.filter(({ state }) => state === "warm")
    .map(({ id }) => id);

/** Starts a supervisor, and waits until so many hosts are warm. */
async function begin(options: SupervisorOptions, most: number) {
  const supervisor = await Supervisor.start({ threads: 1, ...options });
  const seen: AnyEvent[] = [];
  supervisor.on("*", (event) => seen.push(event));
  const isFull = () => expect.poll(() => warm(supervisor).length).toBe(most);
  await isFull();
  /** The hosts on which agents were started, in their order. */
  const hosts = () => seen.flatMap((e) => (e.type === "agent.started" ? [String(e.host)] : []));
  return {
    supervisor,
    seen,
    hosts,
    isFull,
    [Symbol.asyncDispose]: () => supervisor[Symbol.asyncDispose](),
  };
}

describe.each(["thread", "process"] as const)("warm hosts of isolation %s", (isolation) => {
  const doer: AgentSpec = { machine, isolation };

  it("are for so many agents at once, and the next one gets a new host", async () => {
    await using open = await begin({ warm: 2, agents: { doer } }, 2);
    const { supervisor } = open;
    const ids = warm(supervisor);
    expect(supervisor.stats().hosts.filter(({ state }) => state === "warm")).toEqual(
      ids.map((id) => ({ id, kind: "user-code", state: "warm", agents: 0, isolation })),
    );
    const runs = [1, 2, 3].map(() => supervisor.run("doer", nothing));
    expect(await Promise.all(runs)).toMatchObject([done, done, done]);
    expect(open.hosts()).toHaveLength(3);
    expect(open.hosts().filter((id) => ids.includes(id))).toEqual(ids);
    await open.isFull();
    expect(warm(supervisor).some((id) => open.hosts().includes(id))).toBe(false);
  });

  it("are none with 0, and one without the option", async () => {
    await using open = await begin({ warm: 0, agents: { doer } }, 0);
    const apart = () => open.supervisor.stats().hosts.filter((host) => host.isolation);
    expect(apart()).toEqual([]);
    expect(await open.supervisor.run("doer", nothing)).toMatchObject(done);
    await expect.poll(apart).toEqual([]);
    await using usual = await begin({ agents: { doer } }, 1);
    expect(usual.supervisor.stats().hosts.filter((host) => host.isolation)).toHaveLength(1);
  });

  it("are used by one agent each, which leaves nothing to the next", async () => {
    await using open = await begin({ warm: 1, agents: { doer } }, 1);
    const used: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      await open.isFull();
      used.push(...warm(open.supervisor));
      const outcome = await open.supervisor.run("doer", { input: { deed: "mark" } });
      expect(outcome).toMatchObject({ ...done, output: "unmarked" });
    }
    expect(open.hosts()).toEqual(used);
    expect(new Set(used).size).toBe(3);
  });

  it("have the limit of memory of their agent, which no other agent's host has", async () => {
    const agents = { small: { ...doer, memoryMb: 64 }, large: { ...doer, memoryMb: 128 } };
    await using open = await begin({ warm: 1, agents }, 2);
    const { supervisor } = open;
    const ids = warm(supervisor);
    const leak = { input: { deed: isolation === "thread" ? "objects" : "arrays" } };
    const outcome = await supervisor.run("small", leak);
    expect(outcome).toMatchObject({ status: "killed", error: { code: "OUT_OF_MEMORY" } });
    const [small] = open.hosts();
    expect(ids).toContain(small);
    // A spec that is no template is given a warm host when its limits are those of a template.
    const other = ids.find((id) => id !== small);
    expect(await supervisor.run({ ...doer, memoryMb: 96 }, nothing)).toMatchObject(done);
    expect(await supervisor.run({ ...doer, memoryMb: 128 }, nothing)).toMatchObject(done);
    expect(open.hosts().map((id) => ids.includes(id))).toEqual([true, false, true]);
    expect(open.hosts().at(-1)).toBe(other);
  });

  it("keep the keys of providers from users' code", async () => {
    const model = { provider: "scripted", steps: [{ text: "Hello." }] } as const;
    const agents = { loop: { model, input: "Hi.", isolation }, doer };
    process.env.ANTHROPIC_API_KEY ??= "not a key";
    await using open = await begin({ warm: 1, agents }, 2);
    const ids = warm(open.supervisor);
    const env = await open.supervisor.run("doer", { input: { deed: "env" } });
    expect(env).toMatchObject({ ...done, output: [] });
    expect(await open.supervisor.run("loop")).toMatchObject({ ...done, output: "Hello." });
    expect(open.hosts().toSorted()).toEqual(ids.toSorted());
    expect(open.hosts().map((id) => id.replace(/-\d+$/, ""))).toEqual(["user-code", "library"]);
  });

  it("end with the supervisor, warm or on their way", async () => {
    const mine = () =>
      treeOf(process.pid).filter(({ command }) => / workers\/process/.test(command));
    const before = mine().length;
    const open = await begin({ warm: 2, agents: { doer } }, 2);
    await open.supervisor.stop();
    expect(open.supervisor.stats().hosts).toEqual([]);
    const young = await Supervisor.start({ threads: 1, warm: 2, agents: { doer } });
    await young.stop();
    expect(young.stats().hosts).toEqual([]);
    await expect.poll(() => mine().length).toBe(before);
  });
});

it("a warm process works where the supervisor works when its agent begins", async () => {
  const doer: AgentSpec = { machine, isolation: "process" };
  await using open = await begin({ warm: 1, agents: { doer } }, 1);
  const [id] = warm(open.supervisor);
  const before = process.cwd();
  // A folder that is its own name: no link leads to it.
  process.chdir("/");
  try {
    const outcome = await open.supervisor.run("doer", { input: { deed: "folder" } });
    expect(outcome).toMatchObject({ ...done, output: "/" });
  } finally {
    process.chdir(before);
  }
  expect(open.hosts()).toEqual([id]);
});

describe("the option warm", () => {
  it.each([-1, 1.5, 65, "2"])("is refused when it is %s", async (many) => {
    const start = Supervisor.start({ warm: many as number });
    await expect(start).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
  });

  it("starts nothing where no template is isolated, however many it allows", async () => {
    await using supervisor = await Supervisor.start({ warm: 64, agents: { doer: { machine } } });
    expect(await supervisor.run("doer", nothing)).toMatchObject(done);
    expect(
      supervisor.stats().hosts.filter(({ agents, isolation }) => agents === 0 && isolation),
    ).toEqual([]);
  });

  it("is for the first eight kinds, and a ninth starts as if there were none", async () => {
    const limits = [61, 62, 63, 64, 65, 66, 67, 68, 69];
    const spec = { machine, isolation: "thread" } as const;
    const agents = Object.fromEntries(
      limits.map((memoryMb) => [`doer-${memoryMb}`, { ...spec, memoryMb }]),
    );
    await using open = await begin({ warm: 1, agents }, 8);
    const ids = warm(open.supervisor);
    expect(await open.supervisor.run("doer-68", nothing)).toMatchObject(done);
    expect(await open.supervisor.run("doer-69", nothing)).toMatchObject(done);
    expect(open.hosts().map((id) => ids.includes(id))).toEqual([true, false]);
  });
});
