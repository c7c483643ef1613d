import { expect, it } from "vitest";
import { type AgentSpec, defineTool } from "../../src/index.ts";
import { MAX_TIMER_MS } from "../../src/wire/clock.ts";
import type { AnyEvent } from "../../src/wire/event.ts";
import { openSupervisor } from "./open-supervisor.ts";

const machine = new URL("../fixtures/supervisor/waits-long.ts", import.meta.url).href;
const long = MAX_TIMER_MS + 1;
const isSoonOver = ({ state }: AnyEvent): boolean =>
  (state as { readonly soon?: unknown } | undefined)?.soon === "over";

/** As anybody would write one. */
const ownClock = {
  now: () => performance.timeOrigin + performance.now(),
  wall: () => Date.now(),
  setTimeout: (run: () => void, delayMs: number) => setTimeout(run, delayMs),
  clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
};

it.each([
  ["the calling thread", { threads: 0 }],
  ["the calling thread, by a clock of one's own", { threads: 0, clock: ownClock }],
  ["a thread", { threads: 1 }],
])("months and for ever are waited for, on %s", async (_, options) => {
  const intensity = { maxRestarts: 1, withinMs: long, backoffMs: 1, maxBackoffMs: long };
  const waiter: AgentSpec = { machine, timeoutMs: long, intensity };
  const agents = { waiter };
  await using open = await openSupervisor({ ...options, agents, approvalTimeoutMs: long });
  const agent = await open.supervisor.spawn("waiter", { timeoutMs: long });
  const asked = agent.ask({ type: "keep" }, { timeoutMs: long }).catch(({ code }) => code);
  const { state } = await open.until("agent.state", isSoonOver);
  expect(state).toEqual({ months: "waits", forever: "waits", soon: "over" });
  expect(await agent.ask({ type: "ask" }, { timeoutMs: long })).toBe("still here");
  expect(open.swarm.kernel.tree.asks.size).toBe(1);
  expect(open.seen.map(({ type }) => type)).not.toContain("host.lost");
  await agent.cancel();
  expect(await asked).toBe("AGENT_STOPPED");
  expect(await agent.outcome).toMatchObject({ status: "cancelled" });
});

it("a tool may take months, by a clock of one's own", async () => {
  const tool = defineTool({
    name: "slow",
    description: "Takes longer than a timer that fires at once.",
    input: { type: "object" },
    timeoutMs: long,
    execute: () => new Promise((resolve) => setTimeout(resolve, 40, "done")),
  });
  const steps = [{ toolCalls: [{ name: "slow", input: {} }] }, { text: "Ended." }];
  const agents = { lead: { model: { provider: "scripted", steps }, tools: ["slow"] } };
  await using open = await openSupervisor({ threads: 0, agents, tools: [tool], clock: ownClock });
  await open.supervisor.run("lead", { input: "go" });
  expect(await open.until("tool.finished")).toMatchObject({ isError: false, result: "done" });
});
