import { describe, expect, it } from "vitest";
import { openSupervisor } from "./open-supervisor.ts";
import { errandOutput, smallSwarm } from "./small-swarm.ts";

describe("an agent that goes on elsewhere", () => {
  it("tells from which host to which, each time and once, and nobody else does", async () => {
    const swarm = smallSwarm({ threads: 2 });
    await using open = await openSupervisor(swarm.options);
    const { supervisor, seen } = open;
    const agent = await supervisor.spawn("errand");
    const begun = await open.until("agent.started", ({ path }) => path === agent.path);
    open.loseHostOf(agent.path);
    const first = await open.until("agent.moved", ({ path }) => path === agent.path);
    expect(first).toMatchObject({ path: "/errand", from: String(begun.host) });
    expect(first.to).not.toBe(first.from);
    expect(supervisor.find("/errand")).toBeDefined();
    open.loseHostOf(agent.path);
    const second = await open.until("agent.moved", ({ path }) => path === agent.path, 2);
    expect(second.from).toBe(first.to);
    expect(await agent.outcome).toMatchObject({ status: "completed", output: errandOutput });
    // Each was told once for the loss of one host.
    const moves = seen.filter(({ type }) => type === "agent.moved");
    expect(new Set(moves.map(({ path, from }) => `${path} ${from}`)).size).toBe(moves.length);
  });

  it("is told of at no start, and a new incarnation starts", async () => {
    const swarm = smallSwarm({ threads: 1 });
    const fails = { machine: new URL("../fixtures/supervisor/fails.ts", import.meta.url).href };
    const agents = { fails: { ...fails, restart: "transient" as const } };
    await using open = await openSupervisor({ ...swarm.options, agents });
    await open.supervisor.run("fails", { input: null });
    expect(open.seen.some(({ type }) => type === "agent.restarted")).toBe(true);
    expect(open.seen.filter(({ type }) => type === "agent.moved")).toEqual([]);
  });
});

describe("the thread on which a module was only checked", () => {
  it("is no loss when it ends, and nobody is moved", async () => {
    const swarm = smallSwarm({ threads: 1 });
    await using open = await openSupervisor(swarm.options);
    const { supervisor, seen } = open;
    const [agent] = [await supervisor.spawn("errand"), await supervisor.spawn("errand")];
    // The one user-code host is in use: the check needs another, which then ends.
    const machine = new URL("../fixtures/supervisor/sleeper.ts?again", import.meta.url).href;
    const sleeper = await supervisor.spawn({ machine });
    expect(await agent.outcome).toMatchObject({ status: "completed" });
    await expect
      .poll(() => supervisor.stats().hosts.filter(({ kind }) => kind === "user-code"))
      .toHaveLength(1);
    expect(seen.filter(({ type }) => type === "host.started").length).toBeGreaterThan(1);
    await sleeper.cancel();
    expect(seen.filter(({ type }) => /^host\.(lost|stuck)|moved/.test(type))).toEqual([]);
  });
});
