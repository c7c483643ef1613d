import { describe, expect, it } from "vitest";
import type { HostHandle } from "../../src/hosts/host.ts";
import type { AgentRef } from "../../src/index.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";

const machine = new URL("../fixtures/supervisor/answers.ts", import.meta.url).href;
const agents = { waits: { machine } };
/** Deaths in a row after which the next thread waits for more than a second. */
const DEATHS = 8;

/** Lets threads die young until an agent is placed on one that is launched only after a while. */
async function heldBack({ supervisor, swarm, loseHostOf }: OpenSupervisor): Promise<AgentRef> {
  for (let deaths = 0; ; deaths += 1) {
    const agent = await supervisor.spawn("waits");
    const host = swarm.router.host(swarm.kernel.find(agent.path)?.host) as HostHandle | undefined;
    if (deaths >= DEATHS && host?.launched === false) return agent;
    loseHostOf(agent.path);
    await agent.cancel();
    // A death counts when the thread is gone.
    await host?.ended;
  }
}

describe("an agent on a host that has not been launched yet", () => {
  it("ends cancelled at once, never runs, and leaves the host to the next", async () => {
    await using open = await openSupervisor({ threads: 1, agents, graceMs: 60_000 });
    const { supervisor, swarm } = open;
    const agent = await heldBack(open);
    const { host } = swarm.kernel.find(agent.path)!;
    await agent.cancel("never mind");
    expect(await agent.outcome).toMatchObject({ status: "cancelled", reason: "never mind" });
    expect(swarm.router.host(host)!.launched).toBe(false);

    const next = await supervisor.spawn("waits");
    expect(swarm.kernel.find(next.path)!.host).toBe(host);
    expect(await next.ask({ type: "ask" }, { timeoutMs: 60_000 })).toBe("1: nothing");
    const states = open.seen.filter(({ type }) => type === "agent.state");
    expect(states.map(({ path }) => path)).not.toContain(agent.path);
    await next.cancel();
    expectAtRest(open);
  });
});
