import { describe, expect, it } from "vitest";
import type { AgentSpec, ModelSpec, ScriptedStep } from "../../src/index.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";
import { call, countingTool, script, spawn } from "./scripts.ts";

const machine = new URL("../fixtures/supervisor/breakable.ts", import.meta.url).href;
const intensity = { maxRestarts: 3, withinMs: 60_000, backoffMs: 1, maxBackoffMs: 1 };

function model(...steps: ScriptedStep[]): ModelSpec {
  return { provider: "scripted", steps };
}

const failsOnce = model({ error: "out of order" }, { text: "made it" });
const failsAlways: ModelSpec = {
  provider: "scripted",
  repeat: true,
  steps: [{ error: "out of order" }],
};

const restarted = ({ seen }: OpenSupervisor) => seen.filter((e) => e.type === "agent.restarted");

describe.each([0, 1])("on %i threads", (threads) => {
  it("restarts a transient agent that failed, at the same path with the same account", async () => {
    const agents = { flaky: { model: failsOnce, restart: "transient" } } as const;
    await using open = await openSupervisor({ threads, agents, intensity });
    const outcome = await open.supervisor.run("flaky", { input: "go" });
    expect(outcome).toMatchObject({ status: "completed", output: "made it", path: "/flaky" });
    expect(outcome.usage.modelCalls).toBe(2);
    expect(restarted(open)).toMatchObject([{ incarnation: 2, path: "/flaky", restarts: 1 }]);
    expect(open.supervisor.tree().children).toMatchObject([{ incarnation: 2 }]);
    expectAtRest(open);
  });

  it("never restarts a temporary one, which is the default", async () => {
    await using open = await openSupervisor({ threads, intensity });
    const outcome = await open.supervisor.run({ model: failsOnce }, { input: "go" });
    expect(outcome).toMatchObject({ status: "failed", error: { code: "MODEL_FAILED" } });
    expect(restarted(open)).toEqual([]);
  });

  it.each([0, 1, 3])("allows %i restarts and not one more", async (maxRestarts) => {
    const agents = { flaky: { model: failsAlways, restart: "transient" } } as const;
    const bound = { ...intensity, maxRestarts };
    await using open = await openSupervisor({ threads, agents, intensity: bound });
    const outcome = await open.supervisor.run("flaky", { input: "go" });
    expect(outcome).toMatchObject({
      status: "failed",
      error: {
        code: "RESTART_INTENSITY_EXCEEDED",
        details: { maxRestarts, last: { code: "MODEL_FAILED" } },
      },
    });
    expect(restarted(open)).toHaveLength(maxRestarts);
    expect(outcome.usage.modelCalls).toBe(maxRestarts + 1);
    expectAtRest(open);
  });

  it("begins a machine anew from its input, and gives it what it had not read", async () => {
    const agents = { counter: { machine, restart: "transient" } } as const;
    await using open = await openSupervisor({ threads, agents, intensity });
    const ref = await open.supervisor.spawn("counter");
    for (const type of ["count", "count", "break", "count", "finish"]) ref.tell({ type });
    expect(await ref.outcome).toMatchObject({ status: "completed", output: { count: 1 } });
    expectAtRest(open);
  });

  it("begins it again from its snapshot where that is asked for", async () => {
    const agents = { counter: { machine, restart: "transient", restartFrom: "snapshot" } } as const;
    await using open = await openSupervisor({ threads, agents, intensity });
    const ref = await open.supervisor.spawn("counter");
    ref.tell({ type: "count" });
    ref.tell({ type: "count" });
    expect(await ref.ask({ type: "read" }, { timeoutMs: 60_000 })).toBe(2);
    for (const type of ["break", "count", "finish"]) ref.tell({ type });
    expect(await ref.outcome).toMatchObject({ status: "completed", output: { count: 3 } });
    expect(restarted(open)).toHaveLength(1);
  });

  it("answers the calls that a snapshot waits for as cancelled, and runs them once", async () => {
    const forever = () => new Promise<never>(() => undefined);
    const { tool, count } = countingTool("work", forever);
    const from = { restart: "transient", restartFrom: "snapshot" } as const;
    const agents = { counter: { machine, tools: ["work"], ...from } };
    await using open = await openSupervisor({ threads, agents, intensity, tools: [tool] });
    const ref = await open.supervisor.spawn("counter");
    ref.tell({ type: "call" });
    await open.until("tool.started");
    await open.until("agent.state", ({ state }) => state === "calling");
    for (const type of ["break", "finish"]) ref.tell({ type });
    expect(await ref.outcome).toMatchObject({ output: { called: "CANCELLED" } });
    expect(count.calls).toBe(1);
    expectAtRest(open);
  });

  it("asks the loop's model again where its snapshot waited for it", async () => {
    const { tool, count } = countingTool("work");
    const steps = [{ toolCalls: [call("work")] }, { error: "out of order" }, { text: "went on" }];
    const loop: AgentSpec = { model: model(...steps), tools: ["work"], restart: "transient" };
    const agents = { loop: { ...loop, restartFrom: "snapshot" } } as const;
    await using open = await openSupervisor({ threads, agents, intensity, tools: [tool] });
    expect(await open.supervisor.run("loop", { input: "go" })).toMatchObject({ output: "went on" });
    expect(count.calls).toBe(1);
    expectAtRest(open);
  });

  it("fails what was asked and not answered, and answers what was not read", async () => {
    const agents = { counter: { machine, restart: "transient" } } as const;
    await using open = await openSupervisor({ threads, agents, intensity });
    const ref = await open.supervisor.spawn("counter");
    const taken = ref.ask({ type: "break" }, { timeoutMs: 60_000 });
    const unread = ref.ask({ type: "read" }, { timeoutMs: 60_000 });
    await expect(taken).rejects.toMatchObject({ code: "AGENT_STOPPED" });
    expect(await unread).toBe(0);
    await ref.cancel();
  });

  it("ends at once what is cancelled during its back-off", async () => {
    const slow = { ...intensity, backoffMs: 3_600_000, maxBackoffMs: 3_600_000 };
    const agents = { flaky: { model: failsAlways, restart: "permanent" } } as const;
    await using open = await openSupervisor({ threads, agents, intensity: slow });
    const ref = await open.supervisor.spawn("flaky", { input: "go" });
    await open.until("model.finished");
    while (open.supervisor.tree().children[0]?.waitsFor !== "restart") {
      await new Promise(setImmediate);
    }
    await ref.cancel("enough");
    expect(await ref.outcome).toMatchObject({ status: "cancelled", reason: "enough" });
    expect(restarted(open)).toEqual([]);
    expectAtRest(open);
  });

  it("gives a parent the last outcome of a restarted child, as its call's result", async () => {
    const child = { model: failsOnce, restart: "transient" } as const;
    const lead = { model: script([spawn("child")], "All done."), agents: ["child"], intensity };
    await using open = await openSupervisor({ threads, agents: { child, lead } });
    expect(await open.supervisor.run("lead", { input: "go" })).toMatchObject({
      status: "completed",
      output: "All done.",
    });
    expect(restarted(open)).toMatchObject([{ path: "/lead/child" }]);
    expectAtRest(open);
  });

  it("refuses a permanent child in the foreground as a result that the model reads", async () => {
    const child = { model: failsOnce, restart: "permanent" } as const;
    const lead = { model: script([spawn("child")], "I see."), agents: ["child"] };
    await using open = await openSupervisor({ threads, agents: { child, lead } });
    expect(await open.supervisor.run("lead", { input: "go" })).toMatchObject({ output: "I see." });
    const refused = await open.until("spawn.refused");
    expect(refused).toMatchObject({ code: "OPTIONS_INVALID" });
  });

  it("fails a supervisor with its permanent child, over two levels", async () => {
    const once = { ...intensity, maxRestarts: 1 };
    const background = { background: true };
    const low = { model: failsAlways, restart: "permanent" } as const;
    const again: ModelSpec = {
      provider: "scripted",
      repeat: true,
      steps: [{ toolCalls: [spawn("low", background)] }, { toolCalls: [call("wait_agents")] }],
    };
    const middle: AgentSpec = { model: again, agents: ["low"], restart: "permanent" };
    const top: AgentSpec = {
      model: script([spawn("middle", background)], [call("wait_agents")], "never said"),
      agents: ["middle"],
    };
    const agents = {
      low,
      middle: { ...middle, intensity: once },
      top: { ...top, intensity: once },
    };
    await using open = await openSupervisor({ threads, agents });
    const outcome = await open.supervisor.run("top", { input: "go" });
    expect(outcome).toMatchObject({
      status: "failed",
      error: { code: "RESTART_INTENSITY_EXCEEDED", details: { node: "/top" } },
    });
    expect(restarted(open).map(({ path }) => path)).toEqual([
      "/top/middle/low",
      "/top/middle",
      "/top/middle/low",
    ]);
    expectAtRest(open);
  });
});

it.each([
  ["restart", "always"],
  ["restartFrom", "start"],
  ["strategy", "one_for_one"],
  ["intensity", { maxRestarts: -1, withinMs: 1 }],
  ["intensity", { maxRestarts: 1.5, withinMs: 1 }],
  ["intensity", { maxRestarts: 1, withinMs: 0 }],
  ["intensity", { maxRestarts: Number.NaN, withinMs: 1 }],
  ["intensity", { maxRestarts: 1, withinMs: 1, backoffMs: -1 }],
])("refuses %s: %j", async (field, value) => {
  await using open = await openSupervisor({ threads: 0 });
  const spec = { model: failsOnce, [field]: value } as AgentSpec;
  await expect(open.supervisor.spawn(spec, { input: "go" })).rejects.toMatchObject({
    code: "OPTIONS_INVALID",
    message: expect.stringContaining(field),
  });
});
