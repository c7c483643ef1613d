import { expect, it } from "vitest";
import type { AgentRef, AgentSpec } from "../../../src/index.ts";
import { expectAtRest, openSupervisor } from "../open-supervisor.ts";

const machine = new URL("../../fixtures/supervisor/leaves-running.ts", import.meta.url).href;
const running = (ref: AgentRef) => ref.ask({ type: "count" }, { timeoutMs: 60_000 });

const ways = [
  ["action", "failed"],
  ["guard", "failed"],
  ["assign", "failed"],
  ["exit", "failed"],
  ["inner", "failed"],
  ["receiver", "failed"],
  ["done", "completed"],
  ["failed", "failed"],
  ["cancel", "cancelled"],
  ["stubborn", "killed"],
] as const;

it.each([0, 1])("a machine stops what it runs however it ends, on %i threads", async (threads) => {
  await using open = await openSupervisor({
    threads,
    agents: { runner: { machine } },
    graceMs: 20,
  });
  const witness = await open.supervisor.spawn("runner", { name: "witness" });
  for (const [way, status] of ways) {
    const runner = await open.supervisor.spawn("runner", { name: way });
    runner.tell({ type: "go" });
    // A callback and a promise of its own, and both of two machines.
    expect([way, await running(runner)]).toEqual([way, 6]);
    if (way !== "cancel") runner.tell({ type: way });
    if (way === "stubborn") expect(await running(runner)).toBe(4);
    if (way === "cancel" || way === "stubborn") await runner.cancel();
    expect([way, (await runner.outcome).status]).toEqual([way, status]);
    expect([way, await running(witness)]).toEqual([way, 0]);
  }
  await witness.cancel();
  expectAtRest(open);
});

const router: Record<string, Partial<AgentSpec>> = {
  "a shared thread": {},
  "a thread of its own": { isolation: "thread" },
  "a process": { isolation: "process" },
};

it.each(Object.keys(router))(
  "what a machine within it runs is stopped with that, in %s",
  async (at) => {
    const agents = { runner: { machine, ...router[at] } };
    await using open = await openSupervisor({ threads: 1, agents });
    const runner = await open.supervisor.spawn("runner");
    runner.tell({ type: "contain" });
    expect(await running(runner)).toBe(2);
    runner.tell({ type: "inner" });
    expect(await running(runner)).toBe(0);
    await runner.cancel();
    expectAtRest(open);
  },
);
