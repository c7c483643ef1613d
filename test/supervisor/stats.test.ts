import { describe, expect, it } from "vitest";
import { defineTool, Supervisor } from "../../src/index.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";
import { aWhile, call, countingTool, script, spawn } from "./scripts.ts";

const none = {
  queued: 0,
  starting: 0,
  running: 0,
  waiting: 0,
  paused: 0,
  stopping: 0,
  stopped: 0,
};

describe("stats", () => {
  it("counts agents, hosts, queues, mailboxes, calls and dead letters", async () => {
    const open = Promise.withResolvers<void>();
    const door = defineTool({
      name: "door",
      description: "Waits for the test.",
      input: { type: "object" },
      execute: () => open.promise.then(() => "through"),
    });
    await using all = await openSupervisor({
      threads: 1,
      limits: { concurrency: 1 },
      tools: [door],
      agents: {
        lead: { model: script([call("door")], "done"), input: "go", tools: ["door"] },
        next: { model: script("done"), input: "go" },
      },
    });
    const { supervisor } = all;
    expect(supervisor.stats()).toMatchObject({ agents: none, atWork: 0, calls: 0, deadLetters: 0 });
    const lead = await supervisor.spawn("lead");
    const next = await supervisor.spawn("next");
    await all.until("tool.started");
    expect(lead.tell("wait for me")).toBe(true);
    expect(supervisor.stats()).toMatchObject({
      agents: { ...none, running: 1, queued: 1 },
      atWork: 1,
      hosts: [{ kind: "library", agents: 1 }],
      queues: { spawns: 1, budget: 0, rates: 0 },
      mailboxes: 1,
      deadLetters: 0,
    });
    expect(supervisor.stats().calls).toBeGreaterThan(0);
    open.resolve();
    await Promise.all([lead.outcome, next.outcome]);
    expect(lead.tell("too late")).toBe(false);
    expect(supervisor.stats()).toMatchObject({ agents: { ...none, stopped: 2 }, deadLetters: 1 });
    expectAtRest(all);
  });
});

describe("the tree says what an agent waits for", () => {
  it("a slot, a child, its mailbox; and nothing while it works or has ended", async () => {
    const { tool } = countingTool("work", aWhile);
    await using all = await openSupervisor({
      threads: 0,
      limits: { concurrency: 1 },
      tools: [tool],
      agents: {
        lead: {
          model: script([spawn("worker"), spawn("worker")], "led"),
          input: "go",
          lifetime: "session",
          agents: ["worker"],
        },
        worker: { model: script([call("work")], "worked"), tools: ["work"] },
      },
    });
    const { supervisor } = all;
    const lead = await supervisor.spawn("lead");
    await all.until("tool.started");
    const [node] = supervisor.tree().children;
    expect(node).toMatchObject({ status: "waiting", waitsFor: "child" });
    expect(node?.children.map(({ status, waitsFor }) => [status, waitsFor])).toEqual([
      ["running", undefined],
      ["queued", "slot"],
    ]);
    await all.until("model.finished", ({ path }) => path === "/lead", 2);
    await expect.poll(() => supervisor.tree().children[0]?.waitsFor).toBe("mailbox");
    await lead.cancel();
    expect(supervisor.tree().children[0]).not.toHaveProperty("waitsFor");
  });

  it.each([
    ["asks-agent", { to: "slow", message: { type: "message" }, timeoutMs: 60_000 }],
    ["watches", { name: "slow" }],
  ])("another agent, where it %s", async (machine, input) => {
    const fixture = (name: string) => new URL(`../fixtures/supervisor/${name}.ts`, import.meta.url);
    const agents = {
      slow: { machine: fixture("slow-step").href },
      one: { machine: fixture(machine).href },
    };
    await using all = await openSupervisor({ threads: 0, agents });
    await all.supervisor.spawn("slow");
    const one = await all.supervisor.spawn("one", { input });
    await expect.poll(() => all.supervisor.tree().children[1]?.waitsFor).toBe("agent");
    await one.cancel();
  });

  it("a person's answer", async () => {
    const { tool } = countingTool("work");
    await using all = await openSupervisor({
      threads: 0,
      tools: [tool],
      agents: {
        asker: {
          model: script([call("work")], "worked"),
          input: "go",
          tools: ["work"],
          grants: ["model:*", { allow: "tool:work", ask: true }],
        },
      },
    });
    const agent = await all.supervisor.spawn("asker");
    const { id } = await all.until("approval.requested");
    expect(all.supervisor.tree().children[0]).toMatchObject({ waitsFor: "approval" });
    await all.supervisor.decide(String(id), { allow: true });
    expect((await agent.outcome).status).toBe("completed");
  });
});

describe("health", () => {
  it("is live and ready while it runs, and says why when it is not", async () => {
    const supervisor = await Supervisor.start({ threads: 0 });
    expect(supervisor.health()).toEqual({ live: true, ready: true, reasons: [] });
    const stopped = supervisor.stop();
    expect(supervisor.health()).toEqual({ live: true, ready: false, reasons: ["stopping"] });
    await stopped;
    expect(supervisor.health()).toEqual({ live: false, ready: false, reasons: ["stopped"] });
  });
});
