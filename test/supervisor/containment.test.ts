import { describe, expect, it } from "vitest";
import { type AgentSpec, defineTool, Supervisor } from "../../src/index.ts";
import { type Clock, systemClock } from "../../src/wire/clock.ts";
import type { RuntimeEvent } from "../../src/wire/event.ts";
import { call, script, spawn } from "./scripts.ts";

/** Milliseconds of a timer that cannot be set: what stands in for any bug of the runtime's. */
const planted = 42_424;
const clock: Clock = {
  ...systemClock,
  setTimeout: (callback, delayMs) => {
    if (Math.abs(delayMs - planted) < 20) throw new RangeError("planted");
    return systemClock.setTimeout(callback, delayMs);
  },
};

const tool = (name: string, timeoutMs: number) =>
  defineTool({
    name,
    description: "Works.",
    input: { type: "object" },
    timeoutMs,
    // One that answers at once would need no timer.
    execute: async () => 1,
  });
const works = tool("works", 5_000);
const breaks = tool("breaks", planted);
const calls = (name: string): AgentSpec => ({
  model: script([call(name)], "done"),
  tools: [name],
});
const agents = { calls: calls("works"), breaks: calls("breaks") };

async function start(more: object = {}) {
  const supervisor: Supervisor = await Supervisor.start({
    threads: 1,
    clock,
    tools: [works, breaks],
    agents,
    ...more,
  });
  const faults: RuntimeEvent[] = [];
  supervisor.on("runtime.fault", (event) => faults.push(event));
  return { supervisor, faults };
}

const failed = { status: "failed", error: { code: "RUNTIME_FAULT" } };

describe("what throws while something is done for an agent", () => {
  it("ends that agent as failed, is told, and costs nobody else", async () => {
    const { supervisor, faults } = await start();
    await using _ = supervisor;
    const ran = ["calls", "breaks", "calls", "breaks", "calls"];
    const ended = await Promise.all(ran.map((agent) => supervisor.run(agent, { input: "go" })));
    expect(ended.map(({ status }) => status)).toEqual(
      ran.map((agent) => (agent === "calls" ? "completed" : "failed")),
    );
    expect(ended[1]).toMatchObject(failed);
    expect(faults.map(({ path }) => path).sort()).toEqual(["/breaks", "/breaks-2"]);
    expect(faults[0]).toMatchObject({
      doing: "tool",
      error: { code: "RUNTIME_FAULT", message: expect.stringContaining("planted") },
    });
    expect((await supervisor.run("calls", { input: "go" })).status).toBe("completed");
    const { atWork, calls: open, mailboxes } = supervisor.stats();
    expect({ atWork, open, mailboxes }).toEqual({ atWork: 0, open: 0, mailboxes: 0 });
  });

  it("is a failure like any other to whoever supervises the agent", async () => {
    const lead: AgentSpec = {
      model: script([spawn("breaks")], "went on"),
      agents: ["breaks"],
      intensity: { maxRestarts: 1, withinMs: 60_000, backoffMs: 1, maxBackoffMs: 1 },
    };
    const child: AgentSpec = { ...agents.breaks, restart: "transient" };
    const { supervisor, faults } = await start({ agents: { lead, breaks: child } });
    await using _ = supervisor;
    const restarted: string[] = [];
    supervisor.on("agent.restarted", ({ path }) => restarted.push(path));
    const outcome = await supervisor.run("lead", { input: "go" });
    expect(restarted).toEqual(["/lead/breaks"]);
    expect(faults).toHaveLength(1);
    // Its script goes on with the next turn, which calls nothing.
    expect(outcome).toMatchObject({ status: "completed", output: "went on" });
  });

  it("after a person's yes ends the agent that asked, and the other decisions hold", async () => {
    const { supervisor, faults } = await start({
      grants: ["model:*", { allow: "tool:*", ask: true }],
    });
    await using _ = supervisor;
    const refs = await Promise.all(
      ["breaks", "calls"].map((agent) => supervisor.spawn(agent, { input: "go" })),
    );
    while (supervisor.approvals().length < 2) {
      await new Promise((asked) => supervisor.once("approval.requested", asked));
    }
    await supervisor.decide(
      supervisor.approvals().map(({ id }) => id),
      { allow: true },
    );
    const [broken, whole] = await Promise.all(refs.map(({ outcome }) => outcome));
    expect(broken).toMatchObject(failed);
    expect(whole).toMatchObject({ status: "completed" });
    expect(faults).toHaveLength(1);
  });

  it("stops nothing where a timer of the runtime itself cannot be set", async () => {
    const sleeper: AgentSpec = { model: script("said"), lifetime: "session", timeoutMs: planted };
    const { supervisor, faults } = await start({ agents: { ...agents, sleeper } });
    await using _ = supervisor;
    const ref = await supervisor.spawn("sleeper", { input: "go" });
    expect((await supervisor.run("calls", { input: "go" })).status).toBe("completed");
    expect(faults[0]).toMatchObject({ path: "/", doing: "deadlines" });
    await ref.cancel();
    expect((await ref.outcome).status).toBe("cancelled");
  });

  it("is told with the path / where it concerns nobody", async () => {
    let isBroken = false;
    const odd: Clock = {
      ...systemClock,
      setTimeout: (callback, delayMs) =>
        systemClock.setTimeout(
          () => {
            isBroken = delayMs > 5_100 && delayMs <= 7_050;
            callback();
            isBroken = false;
          },
          Math.min(delayMs, 50),
        ),
      now: () => {
        const [wasBroken] = [isBroken];
        isBroken = false;
        if (wasBroken) throw new RangeError("planted");
        return systemClock.now();
      },
    };
    const sleeper: AgentSpec = { model: script("said"), lifetime: "session", timeoutMs: 7_050 };
    const { supervisor, faults } = await start({ clock: odd, agents: { ...agents, sleeper } });
    await supervisor.spawn("sleeper", { input: "go" });
    await new Promise((told) => supervisor.once("runtime.fault", told));
    expect(faults[0]).toMatchObject({ path: "/", doing: "deadlines" });
    expect((await supervisor.run("calls", { input: "go" })).status).toBe("completed");
    await supervisor.stop();
  });
});
