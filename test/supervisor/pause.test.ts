import { describe, expect, it } from "vitest";
import { defineTool } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";
import { aWhile, call, countingTool, script, spawn } from "./scripts.ts";

const machine = (name: string) => new URL(`../fixtures/supervisor/${name}`, import.meta.url).href;

/** A tool whose calls end when the test says so. */
function gate(name: string) {
  const open = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const execute = async () => {
    begun.resolve();
    await open.promise;
    return "through";
  };
  const about = { name, description: "Waits for the test.", input: { type: "object" } };
  return { tool: defineTool({ ...about, execute }), open: open.resolve, begun: begun.promise };
}

const starts = ["model.started", "tool.started", "agent.started"];

it("nothing new starts while paused: what runs finishes, and the resume goes on", async () => {
  const door = gate("door");
  const count = countingTool("count");
  await using open = await openSupervisor({
    threads: 1,
    tools: [door.tool, count.tool],
    agents: {
      lead: {
        model: script(
          [call("door")],
          [call("count"), spawn("helper"), spawn("helper", { background: true })],
          [call("wait_agents")],
          "done",
        ),
        input: "go",
        tools: ["door", "count"],
        agents: ["helper"],
      },
      helper: { model: script("helped") },
    },
  });
  const { supervisor, seen } = open;
  const lead = await supervisor.spawn("lead");
  await door.begun;
  await supervisor.pause("/lead");
  // It still runs, and is said to.
  expect(supervisor.tree().children).toMatchObject([{ status: "running" }]);
  const before = seen.length;
  door.open();
  await open.until("tool.finished");
  await aWhile();
  expect(seen.slice(before).filter(({ type }) => starts.includes(type))).toEqual([]);
  expect(supervisor.tree().children).toMatchObject([{ status: "paused", children: [] }]);
  expect(supervisor.stats()).toMatchObject({ atWork: 0, agents: { paused: 1 } });
  await supervisor.resume("/lead");
  expect(await lead.outcome).toMatchObject({ status: "completed", output: "done" });
  expect(count.count.calls).toBe(1);
  expect(seen.filter(({ type }) => type === "agent.spawned")).toHaveLength(3);
  expectAtRest(open);
});

it("a model call that runs while it is paused finishes, and its tools wait", async () => {
  const count = countingTool("count");
  await using open = await openSupervisor({
    threads: 1,
    tools: [count.tool],
    agents: {
      slow: {
        model: {
          provider: "scripted",
          steps: [{ toolCalls: [call("count"), call("count")], delayMs: 30 }, { text: "done" }],
        },
        input: "go",
        tools: ["count"],
      },
    },
  });
  const { supervisor } = open;
  const agent = await supervisor.spawn("slow");
  await open.until("model.started");
  await supervisor.pause("/");
  await open.until("model.finished");
  await aWhile();
  expect(count.count.calls).toBe(0);
  await supervisor.resume("/");
  expect(await agent.outcome).toMatchObject({ status: "completed", output: "done" });
  expect(count.count.calls).toBe(2);
  expectAtRest(open);
});

it("only the subtree is paused, and a parent above it goes on", async () => {
  await using open = await openSupervisor({
    threads: 1,
    agents: {
      lead: { model: script("led"), input: "go", lifetime: "session" },
      other: { model: script("spoke"), input: "go" },
    },
  });
  const { supervisor } = open;
  const lead = await supervisor.spawn("lead");
  await open.until("model.finished");
  await supervisor.pause(lead.path);
  expect((await supervisor.run("other")).status).toBe("completed");
  expect(supervisor.tree().children[0]).toMatchObject({ path: "/lead", status: "paused" });
});

it("what is told while paused is kept, in order, and read after the resume", async () => {
  await using open = await openSupervisor({
    threads: 1,
    agents: {
      listener: { model: script("ready", "heard"), input: "go", lifetime: "session" },
    },
  });
  const { supervisor, seen } = open;
  const agent = await supervisor.spawn("listener");
  await open.until("model.finished");
  await aWhile();
  await supervisor.pause(agent.path);
  expect(agent.tell("one")).toBe(true);
  expect(agent.tell("two")).toBe(true);
  const answer = agent.ask("three", { timeoutMs: 60_000 });
  await aWhile();
  expect(seen.filter(({ type }) => type === "model.started")).toHaveLength(1);
  expect(supervisor.stats().mailboxes).toBe(3);
  await supervisor.resume(agent.path);
  await open.until("model.finished", () => true, 2);
  const said = JSON.stringify(open.swarm.kernel.find(agent.path)?.transcript);
  expect(said.indexOf("one")).toBeLessThan(said.indexOf("two"));
  await supervisor.cancel(agent.path);
  await answer.catch(() => undefined);
});

it("a paused subtree can be cancelled, and nothing of it is left", async () => {
  const door = gate("door");
  await using open = await openSupervisor({
    threads: 1,
    tools: [door.tool],
    agents: {
      lead: {
        model: script([spawn("worker", { background: true }), call("door")], "led"),
        input: "go",
        tools: ["door"],
        agents: ["worker"],
      },
      worker: { model: script("worked") },
    },
  });
  const { supervisor } = open;
  const lead = await supervisor.spawn("lead");
  await door.begun;
  await supervisor.pause("/");
  const queued = await supervisor.spawn("worker", { input: "go" });
  await supervisor.cancel("/", "enough");
  door.open();
  expect(await lead.outcome).toMatchObject({ status: "cancelled", reason: "enough" });
  expect(await queued.outcome).toMatchObject({ status: "cancelled", reason: "enough" });
  expectAtRest(open);
});

it("a pause above and a pause below must both be taken back", async () => {
  await using open = await openSupervisor({
    threads: 0,
    agents: { speaker: { model: script("said", "more"), input: "go", lifetime: "session" } },
  });
  const { supervisor, seen } = open;
  const agent = await supervisor.spawn("speaker");
  await open.until("model.finished");
  await aWhile();
  await supervisor.pause(agent.path);
  await supervisor.pause("/");
  agent.tell("go on");
  await supervisor.resume("/");
  await supervisor.resume("/");
  await aWhile();
  expect(supervisor.tree().children).toMatchObject([{ status: "paused" }]);
  expect(seen.filter(({ type }) => type === "model.started")).toHaveLength(1);
  await supervisor.resume(agent.path);
  await open.until("model.finished", () => true, 2);
});

it("what came while paused is taken up by the resume, though a tool still runs", async () => {
  const door = gate("door");
  const count = countingTool("count");
  await using open = await openSupervisor({
    threads: 1,
    tools: [door.tool, count.tool],
    agents: { twice: { machine: machine("calls-at-once.ts"), tools: ["door", "count"] } },
  });
  const { supervisor } = open;
  const agent = await supervisor.spawn("twice");
  await door.begun;
  await supervisor.pause("/");
  agent.tell({ type: "call" });
  await open.until("agent.state", ({ state }) => JSON.stringify(state).includes("calling"));
  await aWhile();
  expect(count.count.calls).toBe(0);
  await supervisor.resume("/");
  // The door is still shut: nothing but the resume can have begun them.
  await open.until("tool.finished", ({ tool }) => tool === "count", 2);
  door.open();
  expect((await agent.outcome).status).toBe("completed");
  expectAtRest(open);
});

describe("a machine's model call does not begin while paused", () => {
  const usage = { inputTokens: 10, outputTokens: 5 };
  const caller = {
    machine: machine("calls-model.ts"),
    model: { provider: "scripted", steps: [{ text: "said", usage }] },
  } as const;

  it("when the budget that it waited for comes free", async () => {
    const steps = [{ text: "late", delayMs: 60_000, usage }];
    await using open = await openSupervisor({
      threads: 1,
      budget: { tokens: 20 },
      agents: { caller, holder: { model: { provider: "scripted", steps }, input: "go" } },
    });
    const { supervisor, seen } = open;
    const holder = await supervisor.spawn("holder");
    await open.until("model.started");
    const agent = await supervisor.spawn("caller");
    await expect.poll(() => supervisor.stats().queues.budget).toBe(1);
    expect(supervisor.tree().children[1]).toMatchObject({ status: "waiting", waitsFor: "budget" });
    await supervisor.pause(agent.path);
    await holder.cancel();
    await aWhile();
    expect(seen.filter(({ type }) => type === "model.started")).toHaveLength(1);
    await supervisor.resume(agent.path);
    expect((await agent.outcome).status).toBe("completed");
    expectAtRest(open);
  });

  it("when its rate allows it", async () => {
    const clock = new ManualClock();
    const rates = { "model:*": { perSecond: 1, burst: 1 } };
    const agents = { caller };
    await using open = await openSupervisor({ threads: 1, clock, rates, agents });
    const { supervisor, seen } = open;
    expect((await supervisor.run("caller")).status).toBe("completed");
    const agent = await supervisor.spawn("caller");
    await expect.poll(() => supervisor.stats().queues.rates).toBe(1);
    expect(supervisor.tree().children[1]).toMatchObject({ status: "waiting", waitsFor: "rate" });
    await supervisor.pause(agent.path);
    clock.advance(5_000);
    await aWhile();
    expect(seen.filter(({ type }) => type === "model.started")).toHaveLength(1);
    await supervisor.resume(agent.path);
    expect((await agent.outcome).status).toBe("completed");
    expectAtRest(open);
  });
});
