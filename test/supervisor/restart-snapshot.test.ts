import { describe, expect, it } from "vitest";
import type { AgentSpec } from "../../src/index.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";
import { call, countingTool, script, spawn } from "./scripts.ts";

const fixture = (name: string): string =>
  new URL(`../fixtures/supervisor/${name}.ts`, import.meta.url).href;
const intensity = { maxRestarts: 3, withinMs: 60_000, backoffMs: 1, maxBackoffMs: 1 };
const machine = fixture("breakable");
const snapshot = { restart: "transient", restartFrom: "snapshot" } as const;

describe.each([0, 1])("from its snapshot, on %i threads", (threads) => {
  it("a machine gets the result that came together with what it failed on", async () => {
    const gate = Promise.withResolvers<string>();
    const { tool, count } = countingTool("work", () => gate.promise);
    const agents = { counter: { machine, tools: ["work"], ...snapshot } };
    await using open = await openSupervisor({ threads, agents, intensity, tools: [tool] });
    const ref = await open.supervisor.spawn("counter");
    ref.tell({ type: "call" });
    await open.until("tool.started");
    await open.until("agent.state", ({ state }) => state === "calling");
    gate.resolve("worked");
    ref.tell({ type: "break" });
    await open.until("agent.restarted");
    ref.tell({ type: "finish" });
    expect(await ref.outcome).toMatchObject({ output: { called: "done" } });
    expect(count.calls).toBe(1);
    expectAtRest(open);
  });

  it("a machine that was stopped for its sibling hears of its call", async () => {
    const { tool } = countingTool("work", () => new Promise<never>(() => undefined));
    const counter: AgentSpec = { machine, tools: ["work"], ...snapshot };
    const both = ["one", "two"].map((name) => spawn("counter", { name, background: true }));
    const lead: AgentSpec = {
      model: script(both, [call("wait_agents")], "All done."),
      ...{ agents: ["counter"], strategy: "one-for-all", intensity },
    };
    const agents = { counter, lead };
    await using open = await openSupervisor({ threads, agents, tools: [tool] });
    const led = open.supervisor.run("lead", { input: "go" });
    await open.until("agent.state", ({ state }) => state === "waiting", 2);
    const [one, two] = ["/lead/one", "/lead/two"].map((path) => open.supervisor.find(path));
    two?.tell({ type: "call" });
    await open.until("tool.started");
    await open.until("agent.state", ({ state }) => state === "calling");
    one?.tell({ type: "break" });
    await open.until("agent.restarted", ({ path }) => path === two?.path);
    for (const ref of [one, two]) ref?.tell({ type: "finish" });
    expect(await two?.outcome).toMatchObject({ output: { called: "CANCELLED" } });
    expect(await led).toMatchObject({ output: "All done." });
    expectAtRest(open);
  });

  it("the loop goes on with what its tools gave, though its model failed at once", async () => {
    const { tool, count } = countingTool("work", () => "worked");
    const steps = [{ toolCalls: [call("work")] }, { error: "no" }, { text: "went on" }];
    const model = { provider: "scripted", steps };
    const agents: Record<string, AgentSpec> = { loop: { model, tools: ["work"], ...snapshot } };
    await using open = await openSupervisor({ threads, agents, intensity, tools: [tool] });
    expect(await open.supervisor.run("loop", { input: "go" })).toMatchObject({ output: "went on" });
    const told = open.swarm.kernel.find("/loop")?.transcript.map(({ content }) => content);
    expect(JSON.stringify(told)).toContain("worked");
    expect(count.calls).toBe(1);
    expectAtRest(open);
  });

  it("the ask that it failed on is told at once", async () => {
    const agents = { counter: { machine, ...snapshot } };
    await using open = await openSupervisor({ threads, agents, intensity });
    const ref = await open.supervisor.spawn("counter");
    ref.tell({ type: "count" });
    const asked = ref.ask({ type: "break" }, { timeoutMs: 60_000 });
    await expect(asked).rejects.toMatchObject({ code: "AGENT_STOPPED" });
    await ref.cancel();
  });
});

it("an agent in its back-off says that its mailbox is full, not that it has ended", async () => {
  const slow = { ...intensity, backoffMs: 3_600_000, maxBackoffMs: 3_600_000 };
  const limits = { mailbox: 1 };
  const agents = { counter: { machine, ...snapshot, limits } };
  await using open = await openSupervisor({ threads: 0, agents, intensity: slow });
  const ref = await open.supervisor.spawn("counter");
  ref.tell({ type: "break" });
  await expect.poll(() => open.supervisor.tree().children[0]?.waitsFor).toBe("restart");
  expect(ref.tell({ type: "count" })).toBe(true);
  const asked = ref.ask({ type: "read" }, { timeoutMs: 1_000 });
  await expect(asked).rejects.toMatchObject({ code: "MAILBOX_FULL" });
  expect(ref.tell({ type: "count" })).toBe(false);
  expect(await open.until("letter.dead")).toMatchObject({ reason: "its mailbox is full" });
  await ref.cancel();
});
