import { describe, expect, it } from "vitest";
import { type AgentRef, type AgentSpec, defineTool } from "../../src/index.ts";
import { type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";

const machine = (name: string) => new URL(`../fixtures/sends/${name}.ts`, import.meta.url).href;
const intensity = { maxRestarts: 1, withinMs: 60_000, backoffMs: 1, maxBackoffMs: 1 };
const agents: Record<string, AgentSpec> = {
  sender: { machine: machine("sender"), input: null },
  listener: { machine: machine("listener"), input: null, agents: ["sender"] },
  counts: { machine: machine("counts") },
  timed: { machine: machine("timed") },
};
const report = (ref: AgentRef) => ref.ask({ type: "report" }, { timeoutMs: 20_000 });
const dead = ({ seen }: OpenSupervisor) => seen.filter(({ type }) => type === "letter.dead");

describe("the step in which a machine fails", () => {
  const breaks = async (spec: Partial<AgentSpec>, maxRestarts: number) => {
    const restarted = { machine: machine("restarted"), ...spec } as AgentSpec;
    const often = { ...intensity, maxRestarts };
    const all = { ...agents, restarted };
    const open = await openSupervisor({ agents: all, threads: 1, intensity: often });
    const b = await open.supervisor.spawn("listener", { name: "b" });
    const a = await open.supervisor.spawn("restarted", { name: "a" });
    a.tell({ type: "step" });
    await expect.poll(() => report(b)).toEqual([1]);
    a.tell({ type: "break" });
    a.tell({ type: "step" });
    return { open, a, b, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() };
  };

  it("has sent its messages, where it begins from its input", async () => {
    await using swarm = await breaks({ restart: "transient" }, 1);
    const { open, b } = swarm;
    await expect.poll(() => report(b)).toEqual([1, 2, 1]);
    expect(dead(open)).toEqual([]);
  });

  it.each([0, 1])("has sent none, where it goes back and restarts %i times", async (times) => {
    await using swarm = await breaks({ restart: "transient", restartFrom: "snapshot" }, times);
    const { open, b } = swarm;
    await open.until("letter.dead");
    if (times === 1) await expect.poll(() => report(b)).toEqual([1, 2]);
    else await open.until("agent.stopped");
    expect(dead(open)[0]).toMatchObject({ path: "/", from: "/a", message: { n: 2 } });
    expect(await report(b)).toEqual(times === 1 ? [1, 2] : [1]);
  });
});

it("each message is delivered once, and in order, while hosts are lost", async () => {
  const [steps, size] = [40, 25];
  const limits = { mailbox: 10_000 };
  await using open = await openSupervisor({ agents, threads: 2, limits });
  const b = await open.supervisor.spawn("counts", { name: "b" });
  const a = await open.supervisor.spawn("sender", { name: "a" });
  for (let step = 1; step <= steps; step += 1) {
    a.tell({ type: "work", to: "/b", upTo: size });
    if (step % 10 !== 0) continue;
    await report(b);
    open.loseHostOf(step % 20 === 0 ? "/b" : "/a");
  }
  const all = { count: steps * size, inOrder: true };
  await expect.poll(() => report(b), { timeout: 20_000 }).toEqual(all);
  expect(dead(open)).toEqual([]);
});

it("a send needs no slot", async () => {
  const hold = Promise.withResolvers<string>();
  const slow: AgentSpec = { machine: machine("waits"), tools: ["wait"] };
  const tool = defineTool({
    ...{ name: "wait", description: "Waits.", input: { type: "object" } },
    execute: () => hold.promise,
  });
  const limits = { concurrency: 1 };
  await using open = await openSupervisor({
    ...{ agents: { ...agents, slow }, tools: [tool], limits, threads: 0 },
  });
  await open.supervisor.spawn("listener", { name: "b", limits: { mailbox: 0 } });
  await open.supervisor.spawn("timed", { name: "a" });
  await expect.poll(() => open.supervisor.stats().atWork).toBe(0);
  const busy = await open.supervisor.spawn("slow");
  await open.until("tool.started");
  expect(open.seen.map(({ type }) => type)).not.toContain("letter.dead");
  // Nobody has a slot but the agent with the tool.
  expect(await open.until("letter.dead")).toMatchObject({ path: "/b", from: "/a" });
  expect(open.seen.map(({ type }) => type)).not.toContain("tool.finished");
  hold.resolve("done");
  await busy.outcome;
});
