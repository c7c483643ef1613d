import { describe, expect, it } from "vitest";
import { type AgentRef, defineTool } from "../../src/index.ts";
import type { AnyEvent } from "../../src/wire/event.ts";
import type { AgentSpec } from "../../src/wire/spec.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";

const fixture = (name: string): string =>
  new URL(`../fixtures/supervisor/${name}.ts`, import.meta.url).href;

const NEIGHBOURS = 100;
/** Short enough to be over before the freeze, and long enough not to be. */
const rests = [1, 600] as const;

const isIn =
  (name: string) =>
  ({ state }: AnyEvent) =>
    state === name;

/** One machine that will freeze its thread, and a hundred others on the same user-code thread. */
async function hundred(way: string, spec: Partial<AgentSpec> = {}) {
  const gate = Promise.withResolvers<void>();
  const executed: string[] = [];
  const tool = (name: string, wait: () => Promise<void>) =>
    defineTool<{ n: number }, string>({
      name,
      description: name,
      input: { type: "object", properties: { n: { type: "number" } } },
      execute: async ({ n }, { callId }) => {
        executed.push(callId);
        await wait();
        return `${name} ${n}`;
      },
    });
  const tools = [tool("quick", async () => undefined), tool("slow", () => gate.promise)];
  const open = await openSupervisor({
    threads: 1,
    heartbeatMs: 50,
    graceMs: 400,
    limits: { concurrency: NEIGHBOURS + 1 },
    tools,
    agents: {
      neighbour: { machine: fixture("neighbour"), tools: ["quick", "slow"] },
      guilty: { machine: fixture("freezes"), ...spec },
    },
  });
  const { supervisor } = open;
  const neighbours: AgentRef[] = [];
  for (let n = 0; n < NEIGHBOURS; n += 1) {
    const input = { n, restMs: rests[n % rests.length] as number };
    neighbours.push(await supervisor.spawn("neighbour", { input }));
  }
  const guilty = await supervisor.spawn("guilty", { input: { way } });
  await open.until("agent.state", isIn("resting"), NEIGHBOURS);
  await open.until("tool.started", ({ tool }) => tool === "slow");
  return { open, neighbours, guilty, gate, executed };
}

type Hundred = Awaited<ReturnType<typeof hundred>>;

/** Freezes the guilty one, and tells each neighbour something while their thread stands still. */
function freeze({ guilty, neighbours }: Hundred): void {
  guilty.tell({ type: "freeze" });
  for (const neighbour of neighbours) neighbour.tell({ type: "message", text: "meanwhile" });
}

/** Each message, each result and each timer has come to its neighbour, once and in order. */
async function expectWhole({ open, neighbours, gate, executed }: Hundred): Promise<void> {
  gate.resolve();
  for (const neighbour of neighbours) neighbour.tell({ type: "message", text: "after" });
  await open.until("agent.state", isIn("listening"), NEIGHBOURS);
  for (const neighbour of neighbours) neighbour.tell({ type: "finish" });
  const outcomes = await Promise.all(neighbours.map(({ outcome }) => outcome));
  outcomes.forEach((outcome, n) => {
    expect(outcome).toMatchObject({ status: "completed", usage: { toolCalls: 2 } });
    const told = outcome.status === "completed" ? (outcome.output as string[]) : [];
    expect(told.filter((text) => /^(quick|slow)/.test(text))).toEqual([`quick ${n}`, `slow ${n}`]);
    expect(told.filter((text) => !/^(quick|slow)/.test(text))).toEqual(["meanwhile", "after"]);
  });
  expect(executed).toHaveLength(2 * NEIGHBOURS);
  expect(new Set(executed).size).toBe(2 * NEIGHBOURS);
}

const told = ({ seen }: OpenSupervisor, type: string) =>
  seen.filter((event) => event.type === type);
const ranAway = {
  status: "killed",
  reason: expect.stringContaining("froze its host"),
  error: { code: "HOST_LOST" },
};

describe("one that freezes its thread among a hundred", () => {
  it.each(["loop", "promise", "timer"])("in a %s is killed, and costs only itself", async (way) => {
    const all = await hundred(way);
    await using open = all.open;
    freeze(all);
    expect(await all.guilty.outcome).toMatchObject(ranAway);
    await expectWhole(all);
    const [lost, ...more] = told(open, "host.lost");
    expect(lost).toMatchObject({ cause: "froze" });
    expect(more).toEqual([]);
    expect(told(open, "host.suspect").map(({ host }) => host)).toContain(lost?.host);
    expectAtRest(open);
  });

  it("in a call that nothing can interrupt does not hold up anybody else", async () => {
    const all = await hundred("block");
    await using open = all.open;
    freeze(all);
    expect(await all.guilty.outcome).toMatchObject(ranAway);
    await expectWhole(all);
    // They did not wait for its thread, which is still there and was given up.
    expect(told(open, "host.lost")).toEqual([]);
    const { host } = await open.until("host.stuck");
    const stuck = open.supervisor.stats().hosts.find(({ id }) => id === host);
    expect(stuck).toMatchObject({ state: "stuck", agents: 0 });
    const order = open.seen.filter(({ type, path }) => {
      return type === "host.stuck" || (type === "agent.stopped" && path === all.guilty.path);
    });
    expect(order.map(({ type }) => type)).toEqual(["agent.stopped", "host.stuck"]);
    expectAtRest(open);
  });

  it("is restarted by its policy, without the message that it froze in", async () => {
    const all = await hundred("loop", {
      restart: "transient",
      intensity: { maxRestarts: 1, withinMs: 60_000, backoffMs: 1 },
    });
    await using open = all.open;
    freeze(all);
    all.guilty.tell({ type: "finish" });
    expect(await all.guilty.outcome).toMatchObject({ status: "completed" });
    expect(told(open, "agent.restarted")).toMatchObject([
      { path: all.guilty.path, incarnation: 2, cause: { status: "killed", code: "HOST_LOST" } },
    ]);
    await expectWhole(all);
    expectAtRest(open);
  });
});
