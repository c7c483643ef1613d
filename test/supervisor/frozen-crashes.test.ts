import { describe, expect, it } from "vitest";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";
import { errandOutput, smallSwarm } from "./small-swarm.ts";

const fixture = (name: string): string =>
  new URL(`../fixtures/supervisor/${name}.ts`, import.meta.url).href;

describe("one that ends its thread", () => {
  it.each([
    ["exits in a step", "exit"],
    ["exits after an await", "exit-later"],
    ["throws where nobody catches it", "throw-later"],
    ["rejects where nobody awaits it", "reject-later"],
  ])("and %s is killed at once, and its neighbour goes on", async (_, way) => {
    const swarm = smallSwarm({ threads: 1 });
    const agents = { ...swarm.options.agents, leaver: { machine: fixture("ends-thread") } };
    await using open = await openSupervisor({ ...swarm.options, agents });
    const { supervisor } = open;
    const leaver = await supervisor.spawn("leaver", { input: { way } });
    const neighbour = await supervisor.spawn("errand");
    supervisor.once("tool.started", () => leaver.tell({ type: "leave" }));
    expect(await leaver.outcome).toMatchObject({
      status: "killed",
      reason: expect.stringContaining("ended its host"),
      error: { code: "HOST_LOST" },
    });
    expect(await neighbour.outcome).toMatchObject({ status: "completed", output: errandOutput });
    expect(swarm.executed).toHaveLength(3);
    const lost = open.seen.filter(({ type }) => type === "host.lost");
    expect(lost).toMatchObject([{ cause: "exited" }]);
    expectAtRest(open);
  });
});
