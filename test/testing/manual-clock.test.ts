import { defineTool, Supervisor } from "coppice";
import { call, ManualClock, scripted, TestProbe } from "coppice/testing";
import { describe, expect, it } from "vitest";

describe("a manual clock", () => {
  it("runs timers in the order of their times, each at its own time", () => {
    const clock = new ManualClock(0);
    const ran: [string, number][] = [];
    const note = (name: string) => () => ran.push([name, clock.now()]);
    clock.setTimeout(note("late"), 30);
    clock.setTimeout(note("early"), 10);
    clock.setTimeout(note("as early"), 10);
    clock.advance(30);
    expect(ran).toEqual([
      ["early", 10],
      ["as early", 10],
      ["late", 30],
    ]);
  });

  it("runs timers that are set on the way, when they are due", () => {
    const clock = new ManualClock(0);
    const ran: number[] = [];
    const again = () => {
      ran.push(clock.now());
      if (ran.length < 5) clock.setTimeout(again, 10);
    };
    clock.setTimeout(again, 10);
    clock.advance(35);
    expect(ran).toEqual([10, 20, 30]);
    expect(clock.now()).toBe(35);
    clock.advance(5);
    expect(ran).toEqual([10, 20, 30, 40]);
  });

  it("runs a timer at its time and not a millisecond before", () => {
    const clock = new ManualClock();
    let ran = false;
    clock.setTimeout(() => {
      ran = true;
    }, 10);
    clock.advance(9);
    expect(ran).toBe(false);
    clock.advance(1);
    expect(ran).toBe(true);
  });

  it("forgets a timer that is cleared, also one that another clears at the same time", () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    clock.setTimeout(() => clock.clearTimeout(second), 10);
    const second = clock.setTimeout(() => ran.push("second"), 10);
    clock.clearTimeout(clock.setTimeout(() => ran.push("third"), 5));
    expect(clock.armed).toBe(2);
    clock.advance(10);
    expect(ran).toEqual([]);
    expect(clock.armed).toBe(0);
  });

  it("refuses timers that set each other for ever", () => {
    const clock = new ManualClock();
    const again = () => void clock.setTimeout(again, 0);
    clock.setTimeout(again, 0);
    expect(() => clock.advance(1)).toThrow(/100000 timers ran/);
  });

  it("runs late what was due while the thread stood still, once", () => {
    const clock = new ManualClock(0);
    const ran: number[] = [];
    clock.setTimeout(() => ran.push(clock.now()), 10);
    clock.standStill(35);
    expect([clock.now(), ran]).toEqual([35, []]);
    clock.advance(0);
    expect(ran).toEqual([35]);
    clock.advance(100);
    expect(ran).toEqual([35]);
  });

  it("tells when its first timer is due, and waits until there is one", async () => {
    const clock = new ManualClock();
    const first = clock.nextTimer();
    clock.setTimeout(() => undefined, 30);
    clock.setTimeout(() => undefined, 20);
    expect(await first).toBe(30);
    expect(await clock.nextTimer()).toBe(20);
    clock.advance(15);
    expect(await clock.nextTimer()).toBe(5);
    clock.standStill(10);
    expect(await clock.nextTimer()).toBe(0);
    clock.advance(0);
    expect(await clock.nextTimer()).toBe(5);
  });

  it.each([-1, Number.NaN])("refuses to go on by %d", (ms) => {
    expect(() => new ManualClock().advance(ms)).toThrow(RangeError);
    expect(() => new ManualClock().standStill(ms)).toThrow(RangeError);
  });
});

const wait = { model: { provider: "scripted", steps: [{ text: "late", delayMs: 3_600_000 }] } };

describe.each([0, 2])("with %d threads a manual clock", (threads) => {
  it("drives an agent's time-out to the millisecond", async () => {
    const clock = new ManualClock();
    await using supervisor = await Supervisor.start({ threads, clock, agents: { wait } });
    using probe = new TestProbe(supervisor);
    const ref = await supervisor.spawn("wait", { input: "go", timeoutMs: 60_000 });
    await probe.waitFor("model.started");
    clock.advance(59_999);
    expect(supervisor.tree().children[0]?.status).toBe("running");
    clock.advance(1);
    expect(await ref.outcome).toMatchObject({ status: "timed-out" });
  });

  it("drives the grace between being signalled and being killed", async () => {
    const clock = new ManualClock();
    const options = { threads, clock, graceMs: 10_000, agents: { wait } };
    await using supervisor = await Supervisor.start(options);
    using probe = new TestProbe(supervisor);
    const ref = await supervisor.spawn("wait", { input: "go" });
    await probe.waitFor("model.started");
    const cancelled = ref.cancel("enough");
    // The agent has had no chance to answer yet: only the clock has gone on.
    clock.advance(9_999);
    expect(probe.events.map(({ type }) => type)).not.toContain("cancel.killed");
    clock.advance(1);
    expect(probe.events.map(({ type }) => type)).toContain("cancel.killed");
    await cancelled;
    expect(await ref.outcome).toMatchObject({ status: "killed", reason: "enough" });
  });

  it("drives the deadline of a tool, and stamps the events", async () => {
    const clock = new ManualClock(1_000_000);
    const never = defineTool({
      name: "never",
      description: "Never answers.",
      input: { type: "object" },
      execute: () => new Promise<never>(() => undefined),
      timeoutMs: 30_000,
    });
    const agents = { one: { model: scripted([call("never"), "Gave up."]), tools: ["never"] } };
    await using supervisor = await Supervisor.start({ threads, clock, tools: [never], agents });
    using probe = new TestProbe(supervisor);
    const ref = await supervisor.spawn("one", { input: "go" });
    const started = await probe.waitFor("tool.started");
    clock.advance(30_000);
    const finished = await probe.waitFor("tool.finished");
    expect(finished).toMatchObject({ isError: true, error: { code: "TOOL_TIMED_OUT" } });
    expect([started.at, finished.at]).toEqual([1_000_000, 1_030_000]);
    expect(await ref.outcome).toMatchObject({ status: "completed", output: "Gave up." });
  });

  it("leaves no timer behind when the supervisor has stopped", async () => {
    const clock = new ManualClock();
    const supervisor = await Supervisor.start({ threads, clock, agents: { wait } });
    await supervisor.spawn("wait", { input: "go", timeoutMs: 60_000 });
    await supervisor.stop();
    expect(clock.armed).toBe(0);
  });
});
