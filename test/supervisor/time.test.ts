import { describe, expect, it, vi } from "vitest";
import { type AgentSpec, Supervisor, type SupervisorOptions } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { TestProbe } from "../../src/testing/test-probe.ts";
import { aWhile, call, countingTool, script } from "./scripts.ts";

const hour = 3_600_000;
const start = (options: SupervisorOptions) => Supervisor.start({ threads: 0, ...options });
const slow: AgentSpec = {
  model: { provider: "scripted", steps: [{ text: "late", delayMs: hour }] },
};
const caller = (calls: number, more: Partial<AgentSpec> = {}): AgentSpec => ({
  model: script(
    Array.from({ length: calls }, () => call("work")),
    "done",
  ),
  tools: ["work"],
  ...more,
});
const failing: AgentSpec = {
  model: { provider: "scripted", steps: [{ error: "no" }], repeat: true },
  restart: "transient",
};

describe("a computer that sleeps for nine hours", () => {
  it("tells events by the date, and ends nobody before its time has passed", async () => {
    const clock = new ManualClock(0);
    await using supervisor = await start({ clock, agents: { slow } });
    using probe = new TestProbe(supervisor);
    const ref = await supervisor.spawn("slow", { input: "go", timeoutMs: 60_000 });
    await probe.waitFor("model.started");
    clock.sleep(9 * hour);
    // Somebody looks in: whatever wakes the runtime up, nothing is overdue.
    await supervisor.pause("/slow");
    await supervisor.resume("/slow");
    clock.advance(59_999);
    expect(supervisor.tree().children[0]?.status).toBe("running");
    clock.advance(1);
    expect(await ref.outcome).toMatchObject({ status: "timed-out" });
    const stopped = await probe.waitFor("agent.stopped");
    expect(stopped.at).toBe(9 * hour + 60_000);
  });

  it("turns the windows of budgets", async () => {
    const clock = new ManualClock(Date.UTC(2026, 5, 1, 20));
    const { tool, count } = countingTool("work");
    const day = { everyMs: 24 * hour, toolCalls: 1, timeZone: "Europe/Berlin" };
    const options = { clock, tools: [tool], budget: { windows: [day] } };
    await using supervisor = await start(options);
    await supervisor.run(caller(2), { input: "go" });
    expect(count.calls).toBe(1);
    clock.sleep(9 * hour);
    await supervisor.run(caller(2), { input: "go" });
    expect(count.calls).toBe(2);
  });

  it("has a right lapse that was given for an hour", async () => {
    const clock = new ManualClock();
    const { tool, count } = countingTool("work");
    const grants = ["model:*", { allow: "tool:work", expiresMs: hour }];
    await using supervisor = await start({ clock, tools: [tool], grants });
    await supervisor.run(caller(1), { input: "go" });
    clock.sleep(9 * hour);
    await supervisor.run(caller(1), { input: "go" });
    expect(count.calls).toBe(1);
  });

  it("leaves a question its time, and dates it", async () => {
    const clock = new ManualClock(hour);
    const { tool, count } = countingTool("work");
    const grants = ["model:*", { allow: "tool:work", ask: true }];
    await using supervisor = await start({ clock, tools: [tool], grants, approvalTimeoutMs: 1000 });
    clock.sleep(hour);
    const run = supervisor.run(caller(1), { input: "go" });
    await expect.poll(() => supervisor.approvals()).toHaveLength(1);
    const [asked] = supervisor.approvals();
    expect([asked?.askedAt, asked?.expiresAt]).toEqual([2 * hour, 2 * hour + 1000]);
    clock.sleep(9 * hour);
    clock.advance(999);
    expect(supervisor.approvals()).toMatchObject([{ askedAt: 2 * hour, waitingMs: 999 }]);
    await supervisor.decide(asked?.id ?? "", { allow: true });
    expect(await run).toMatchObject({ status: "completed" });
    expect(count.calls).toBe(1);
  });

  it("lets an ask wait as long as it said", async () => {
    const clock = new ManualClock();
    await using supervisor = await start({ clock, agents: { slow } });
    const ref = await supervisor.spawn("slow", { input: "go" });
    const answer = ref.ask("Well?", { timeoutMs: 1000 }).catch((thrown) => thrown.code);
    clock.sleep(9 * hour);
    await supervisor.pause("/slow");
    clock.advance(999);
    await aWhile();
    let isOver = false;
    void answer.then(() => (isOver = true));
    await aWhile();
    expect(isOver).toBe(false);
    clock.advance(1);
    expect(await answer).toBe("ASK_TIMED_OUT");
  });
});

describe("a clock that is set back by an hour", () => {
  it("takes the dates of events with it, and not their order", async () => {
    const clock = new ManualClock(9 * hour);
    await using supervisor = await start({ clock, agents: { quick: { model: script("done") } } });
    await supervisor.run("quick", { input: "go" });
    clock.setWall(8 * hour);
    await supervisor.run("quick", { input: "go" });
    const [dates, numbers]: [number[], number[]] = [[], []];
    const events = supervisor.events({ since: 0 });
    await supervisor.stop();
    for await (const { at, seq = 0 } of events) {
      dates.push(at);
      numbers.push(seq);
    }
    expect(new Set(dates)).toEqual(new Set([9 * hour, 8 * hour]));
    expect(dates.at(-1)).toBe(8 * hour);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
  });

  it.each([-hour, 9 * hour])("leaves rates alone, also when set by %d ms", async (by) => {
    const clock = new ManualClock();
    const { tool, count } = countingTool("work");
    const rates = { "tool:work": { perSecond: 1 } };
    await using supervisor = await start({ clock, rates, tools: [tool] });
    const run = supervisor.run(caller(2), { input: "go" });
    await expect.poll(() => [count.calls, supervisor.stats().queues.rates]).toEqual([1, 1]);
    clock.setWall(clock.wall() + by);
    await supervisor.pause("/agent");
    await supervisor.resume("/agent");
    clock.advance(999);
    await aWhile();
    expect(count.calls).toBe(1);
    clock.advance(1);
    expect(await run).toMatchObject({ status: "completed" });
  });

  it.each([-hour, 9 * hour])("counts restarts as before, also when set by %d ms", async (by) => {
    const clock = new ManualClock();
    const intensity = { maxRestarts: 1, withinMs: 60_000, backoffMs: 100, maxBackoffMs: 100 };
    await using supervisor = await start({ clock, intensity, agents: { failing } });
    using probe = new TestProbe(supervisor);
    const ref = await supervisor.spawn("failing", { input: "go" });
    await expect.poll(() => supervisor.tree().children[0]?.status).not.toBe("running");
    await aWhile();
    clock.setWall(clock.wall() + by);
    clock.advance(100);
    expect(await ref.outcome).toMatchObject({ status: "failed" });
    expect(probe.events.filter(({ type }) => type === "agent.restarted")).toHaveLength(1);
  });

  it("does not lengthen a right that was given for a time", async () => {
    const clock = new ManualClock();
    const { tool, count } = countingTool("work");
    const grants = ["model:*", { allow: "tool:work", expiresMs: hour }];
    await using supervisor = await start({ clock, tools: [tool], grants });
    clock.setWall(clock.wall() - 9 * hour);
    clock.advance(hour);
    await supervisor.run(caller(1), { input: "go" });
    expect(count.calls).toBe(0);
  });

  it("gives no window twice, and none that lasts for years", async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 2, 0, 30));
    const { tool, count } = countingTool("work");
    const budget = { windows: [{ everyMs: 24 * hour, toolCalls: 1 }] };
    await using supervisor = await start({ clock, tools: [tool], budget });
    const again = async () => {
      await supervisor.run(caller(1), { input: "go" });
      return count.calls;
    };
    expect(await again()).toBe(1);
    clock.setWall(clock.wall() - hour);
    expect(await again()).toBe(1);
    clock.advance(hour);
    expect(await again()).toBe(1);
    clock.setWall(Date.UTC(2036, 0, 1));
    expect(await again()).toBe(2);
    clock.setWall(Date.UTC(2026, 0, 2, 1));
    expect(await again()).toBe(2);
    clock.advance(24 * hour);
    expect(await again()).toBe(3);
  });
});

describe("the system's clock", () => {
  it("counts how long a question has waited", async () => {
    const { tool } = countingTool("work");
    const grants = ["model:*", { allow: "tool:work", ask: true }];
    await using supervisor = await start({ tools: [tool], grants });
    supervisor.on("approval.requested", () => undefined);
    const ref = await supervisor.spawn(caller(1), { input: "go" });
    await expect.poll(() => supervisor.approvals()[0]?.waitingMs).toBeGreaterThan(20);
    await ref.cancel();
  });

  it("dates events by the wall also when that is set while the program runs", async () => {
    await using supervisor = await start({ agents: { quick: { model: script("done") } } });
    const date = Date.UTC(2031, 0, 1);
    const now = vi.spyOn(Date, "now").mockReturnValue(date);
    try {
      const seen: number[] = [];
      supervisor.on("*", ({ at }) => seen.push(at));
      const run = supervisor.run("quick", { input: "go", timeoutMs: 60_000 });
      expect(await run).toMatchObject({ status: "completed" });
      expect(new Set(seen)).toEqual(new Set([date]));
    } finally {
      now.mockRestore();
    }
  });

  it.each([
    ["now", { wall: () => 0 }],
    ["wall", { now: () => 0 }],
  ])("of an embedder that has no %s is refused", async (name, half) => {
    const clock = { ...half, setTimeout, clearTimeout } as never;
    await expect(start({ clock })).rejects.toThrow(`clock.${name}`);
  });
});
