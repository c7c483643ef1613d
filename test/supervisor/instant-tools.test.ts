import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { type AgentSpec, defineTool, type Supervisor, type ToolContext } from "../../src/index.ts";
import { systemClock } from "../../src/wire/clock.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";
import { call, script } from "./scripts.ts";

const instant = (execute: (context: ToolContext) => unknown) =>
  defineTool({
    name: "now",
    description: "Answers at once.",
    input: { type: "object" },
    timeoutMs: 60_123,
    execute: (_, context) => execute(context),
  });
const caller = (...turns: number[]): AgentSpec => ({
  model: script(...turns.map((calls) => Array.from({ length: calls }, () => call("now"))), "done"),
  tools: ["now"],
});

describe.each([0, 1])("a tool that answers at once, with %i threads", (threads) => {
  it("is settled after all calls of its turn have started, in their order", async () => {
    let calls = 0;
    const tools = [instant(() => ++calls)];
    // Requests are taken in slices of time: here they are one.
    const clock = { ...systemClock, now: () => 1 };
    const agents = { caller: caller(3, 2) };
    await using open = await openSupervisor({ threads, clock, tools, agents });
    await open.supervisor.run("caller", { input: "go" });
    const told = open.seen.flatMap(({ type, callId, result }) => {
      if (type === "tool.started") return [`+${String(callId).split(".")[1]}`];
      return type === "tool.finished" ? [`-${String(callId).split(".")[1]}=${result}`] : [];
    });
    expect(told).toEqual(["+2", "+3", "+4", "-2=1", "-3=2", "-4=3", "+6", "+7", "-6=4", "-7=5"]);
    expectAtRest(open);
  });

  it("needs no timer and no listener; one that answers later has both until it does", async () => {
    const timers: number[] = [];
    const clock = {
      ...systemClock,
      setTimeout: (callback: () => void, delayMs: number) => {
        if (delayMs > 50_000 && delayMs <= 60_123) timers.push(delayMs);
        return systemClock.setTimeout(callback, delayMs);
      },
    };
    let listeners = 0;
    const later = Promise.withResolvers<string>();
    const answers: unknown[] = ["at once", later.promise];
    const tools = [instant(() => answers.shift())];
    const agents = { caller: caller(1, 1) };
    await using open = await openSupervisor({ threads, clock, tools, agents });
    open.supervisor.on("tool.finished", () => later.resolve("later"));
    const ref = await open.supervisor.spawn("caller", { input: "go" });
    open.supervisor.on("tool.started", ({ path }) => {
      const signal = open.swarm.record(path)?.signal as AbortSignal;
      setImmediate(() => {
        listeners = Math.max(listeners, getEventListeners(signal, "abort").length);
      });
    });
    expect(await ref.outcome).toMatchObject({ status: "completed" });
    expect(timers).toHaveLength(1);
    // Node cuts a fraction off, and the call would end before its time.
    expect(timers.filter((delayMs) => !Number.isInteger(delayMs))).toEqual([]);
    expectAtRest(open);
  });

  it("has no listener either where its signal is read after it has answered", async () => {
    const contexts: ToolContext[] = [];
    let listeners: number | undefined;
    const tools = [instant((context) => contexts.push(context))];
    const agents = { caller: { ...caller(1), lifetime: "session" as const } };
    await using open = await openSupervisor({ threads, tools, agents });
    open.supervisor.on("tool.finished", ({ path }) => {
      const signal = open.swarm.record(path)?.signal as AbortSignal;
      expect(contexts[0]?.signal.aborted).toBe(false);
      listeners = getEventListeners(signal, "abort").length;
    });
    const ref = await open.supervisor.spawn("caller", { input: "go" });
    await open.until("tool.finished");
    expect(listeners).toBe(0);
    await ref.cancel();
  });

  it("that cancels its own agent is settled once, and the next call is not made", async () => {
    let supervisor: Supervisor | undefined;
    let calls = 0;
    const tools = [
      instant(({ path }) => {
        calls += 1;
        void supervisor?.cancel(path, "by its own tool");
        return "answered";
      }),
    ];
    await using open = await openSupervisor({ threads, tools, agents: { caller: caller(2) } });
    ({ supervisor } = open);
    const outcome = await supervisor.run("caller", { input: "go" });
    expect(outcome).toMatchObject({ status: "cancelled", reason: "by its own tool" });
    expect(calls).toBe(1);
    expect(open.seen.filter(({ type }) => type === "tool.finished")).toHaveLength(1);
    expectAtRest(open);
  });

  it("stops the supervisor, and is cancelled", async () => {
    let supervisor: Supervisor | undefined;
    const stopped: Promise<void>[] = [];
    const tools = [
      instant(() => {
        stopped.push((supervisor as Supervisor).stop());
        return "too late";
      }),
    ];
    await using open = await openSupervisor({ threads, tools, agents: { caller: caller(1) } });
    ({ supervisor } = open);
    expect(await supervisor.run("caller", { input: "go" })).toMatchObject({ status: "cancelled" });
    await Promise.all(stopped);
  });

  it("that throws is its own failure, and the next call is made", async () => {
    const answers = [
      () => {
        throw new Error("out of paper");
      },
      () => "printed",
    ];
    const tools = [instant(() => answers.shift()?.())];
    await using open = await openSupervisor({ threads, tools, agents: { caller: caller(1, 1) } });
    expect(await open.supervisor.run("caller", { input: "go" })).toMatchObject({ output: "done" });
    const finished = open.seen.filter(({ type }) => type === "tool.finished");
    expect(finished.map(({ isError }) => isError)).toEqual([true, false]);
  });
});
