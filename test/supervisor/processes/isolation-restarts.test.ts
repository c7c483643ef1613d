import { describe, expect, it } from "vitest";
import { openSupervisor } from "../open-supervisor.ts";

const machine = new URL("../../fixtures/isolation/obedient.ts", import.meta.url).href;

describe.each(["thread", "process"] as const)("a transient agent alone in a %s", (isolation) => {
  it("is not given again what ended its host, and is given what came behind it", async () => {
    const spec = { machine, isolation, restart: "transient" } as const;
    const intensity = { maxRestarts: 3, withinMs: 60_000, backoffMs: 1 };
    await using open = await openSupervisor({
      threads: 1,
      warm: 0,
      agents: { it: spec },
      intensity,
    });
    const agent = await open.supervisor.spawn("it");
    for (const deed of ["nothing", "exit", "nothing"]) agent.tell({ type: "do", deed });
    agent.tell({ type: "finish" });
    expect(await agent.outcome).toMatchObject({ status: "completed" });
    const restarts = open.seen.filter(({ type }) => type === "agent.restarted");
    expect(restarts).toMatchObject([{ incarnation: 2, cause: { code: "HOST_LOST" } }]);
    const hosts = open.seen.flatMap(({ type, host }) => (type === "agent.started" ? [host] : []));
    expect(new Set(hosts).size).toBe(2);
    await expect
      .poll(() => open.supervisor.stats().hosts.some((host) => host.isolation))
      .toBe(false);
  });
});

describe.each(["thread", "process"] as const)("stop() with agents alone in a %s", (isolation) => {
  it("is bounded by its grace, and leaves nothing of them", async () => {
    const agents = { it: { machine, isolation } };
    await using open = await openSupervisor({ threads: 1, agents, graceMs: 60_000 });
    const { supervisor } = open;
    const all = await Promise.all([1, 2, 3].map(() => supervisor.spawn("it")));
    for (const agent of all) await open.until("agent.state", ({ path }) => path === agent.path);
    all[0]?.tell({ type: "do", deed: "loop" });
    await open.until("host.suspect");
    const startedAt = performance.now();
    await supervisor.stop({ graceMs: 100 });
    expect(performance.now() - startedAt).toBeLessThan(30_000);
    const outcomes = await Promise.all(all.map(({ outcome }) => outcome));
    expect(outcomes.map(({ status }) => status)).toEqual(["killed", "cancelled", "cancelled"]);
  });
});
