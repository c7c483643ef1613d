import { describe, expect, it } from "vitest";
import { type AgentSpec, defineTool, type SupervisorOptions } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";

const fixture = (name: string): string =>
  new URL(`../fixtures/supervisor/${name}.ts`, import.meta.url).href;
const agents: Record<string, AgentSpec> = {
  tidy: { machine: fixture("cleans-up"), tools: ["work"] },
  neighbour: { machine: fixture("answers") },
};

/** Spawns `tidy`, which does `how` when it hears of its end, and waits until its tool runs. */
async function working(how: string, more: SupervisorOptions = {}, spec: Partial<AgentSpec> = {}) {
  let calls = 0;
  const work = defineTool({
    name: "work",
    description: "Never answers.",
    input: { type: "object" },
    execute: () => {
      calls += 1;
      return new Promise<never>(() => undefined);
    },
  });
  const open = await openSupervisor({ threads: 1, tools: [work], agents, ...more });
  const agent = await open.supervisor.spawn(
    { ...agents.tidy, name: "tidy", ...spec } as AgentSpec,
    {
      input: { how },
    },
  );
  await open.until("tool.started");
  return { open, agent, calls: () => calls };
}

const heard = { status: "cancelled", reason: "enough" };

describe("a machine that takes agent.ending", () => {
  it("goes on until it is done, and its output is what there was by then", async () => {
    const { open, agent } = await working("flushes");
    await using _ = open;
    await agent.cancel("enough");
    const partial = [heard, "flushed"];
    expect(await agent.outcome).toMatchObject({ status: "cancelled", reason: "enough", partial });
    expectAtRest(open);
  });

  it.each(["calls", "calls later"])(
    "has no rights any more: what it %s is refused, and nothing begins",
    async (how) => {
      const { open, agent, calls } = await working(how);
      await using _ = open;
      await agent.cancel("enough");
      expect(await agent.outcome).toMatchObject({ status: "cancelled", partial: ["CANCELLED"] });
      expect(calls()).toBe(1);
      expect(open.seen.filter(({ type }) => type === "tool.requested")).toHaveLength(1);
      expectAtRest(open);
    },
  );

  it("is told of the calls that it goes on waiting for, behind its end", async () => {
    const { open, agent } = await working("waits for its call");
    await using _ = open;
    await agent.cancel("enough");
    const partial = [heard, "CANCELLED"];
    expect(await agent.outcome).toMatchObject({ status: "cancelled", partial });
    expectAtRest(open);
  });

  it("hears that its time ran out, and ends timed-out", async () => {
    const clock = new ManualClock();
    const { open, agent } = await working("flushes", { clock }, { timeoutMs: 1_000 });
    await using _ = open;
    clock.advance(1_000);
    const partial = [{ status: "timed-out", reason: "its time ran out" }, "flushed"];
    expect(await agent.outcome).toMatchObject({ status: "timed-out", partial });
    expectAtRest(open);
  });

  it("that throws over it ends as it was to end", async () => {
    const { open, agent } = await working("throws");
    await using _ = open;
    await agent.cancel("enough");
    expect(await agent.outcome).toMatchObject({ status: "cancelled", reason: "enough" });
    expectAtRest(open);
  });

  it("whose guards refuse it is stopped at once, also where a wildcard would take it", async () => {
    const { open, agent } = await working("takes nothing");
    await using _ = open;
    await agent.cancel("enough");
    const outcome = await agent.outcome;
    expect(outcome).toMatchObject({ status: "cancelled", reason: "enough" });
    expect(outcome).not.toHaveProperty("partial");
    expectAtRest(open);
  });

  it("cannot be made to by a message of somebody else", async () => {
    const { open, agent } = await working("flushes");
    await using _ = open;
    agent.tell({ type: "agent.ending", status: "cancelled", reason: "haha" });
    await expect.poll(async () => JSON.stringify(await agent.snapshot())).toContain('"message"');
    await agent.cancel("enough");
    expect(await agent.outcome).toMatchObject({ partial: ["message", heard, "flushed"] });
    expectAtRest(open);
  });
});

describe("a machine that is not done when its grace is over", () => {
  it("is killed alone: its host and its neighbours there go on", async () => {
    const clock = new ManualClock();
    const { open, agent } = await working("never ends", { clock, graceMs: 1_000 });
    await using _ = open;
    const neighbour = await open.supervisor.spawn("neighbour");
    const cancelled = agent.cancel("enough");
    // Its answer to the order to end: from here on only the grace ends it.
    await expect.poll(() => open.swarm.kernel.find("/tidy")!.mailbox.unacknowledged.length).toBe(0);
    clock.advance(999);
    expect(open.supervisor.find("/tidy")).toBeDefined();
    expect(open.seen.map(({ type }) => type)).not.toContain("cancel.killed");
    clock.advance(1);
    await cancelled;
    expect(await agent.outcome).toMatchObject({ status: "killed", reason: "enough" });
    expect(await neighbour.ask({ type: "ask" }, { timeoutMs: 60_000 })).toBe("1: nothing");
    expect(open.seen.map(({ type }) => type)).not.toContain("host.lost");
    await neighbour.cancel();
    expectAtRest(open);
  });

  it("is killed with its thread when it loops, and its neighbour goes on elsewhere", async () => {
    const { open, agent } = await working("spins", { graceMs: 100 });
    await using _ = open;
    const neighbour = await open.supervisor.spawn("neighbour");
    await agent.cancel("enough");
    expect(await agent.outcome).toMatchObject({ status: "killed" });
    expect(await neighbour.ask({ type: "ask" }, { timeoutMs: 60_000 })).toBe("1: nothing");
    await neighbour.cancel();
    expectAtRest(open);
  });

  it("is killed at once when stop is called twice", async () => {
    const { open, agent } = await working("never ends", { graceMs: 60_000 });
    await using _ = open;
    const stopped = open.supervisor.stop();
    await open.supervisor.stop();
    await stopped;
    expect(await agent.outcome).toMatchObject({ status: "killed" });
    expectAtRest(open);
  });
});
