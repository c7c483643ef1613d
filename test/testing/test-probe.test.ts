import { Supervisor } from "coppice";
import { ManualClock, scripted, TestProbe } from "coppice/testing";
import { describe, expect, it, vi } from "vitest";

const agents = { greeter: { model: scripted("Hello!") } };
const start = () => Supervisor.start({ threads: 0, agents });

describe("a test probe", () => {
  it("collects every event in order, ephemeral ones included", async () => {
    await using supervisor = await start();
    using probe = new TestProbe(supervisor);
    await supervisor.run("greeter", { input: "go" });
    const types = probe.events.map(({ type }) => type);
    expect(types[0]).toBe("agent.spawned");
    expect(types.at(-1)).toBe("agent.stopped");
    expect(types).toContain("agent.output");
  });

  it("waits for a type and for a predicate, whether it has happened or not", async () => {
    await using supervisor = await start();
    using probe = new TestProbe(supervisor);
    const stopped = probe.waitFor(({ type, path }) => {
      return type === "agent.stopped" && path === "/second";
    });
    const outcome = supervisor.run("greeter", { input: "go", name: "first" });
    expect(await probe.waitFor("agent.stopped")).toMatchObject({ path: "/first" });
    await outcome;
    await supervisor.run("greeter", { input: "go", name: "second" });
    expect(await stopped).toMatchObject({ path: "/second" });
    expect(await probe.waitFor("agent.stopped")).toMatchObject({ path: "/first" });
  });

  it("says what happened instead when its time is over", async () => {
    await using supervisor = await start();
    using probe = new TestProbe(supervisor);
    const nothing = probe.waitFor("tool.started", { timeoutMs: 1 });
    await expect(nothing).rejects.toThrow(/No `tool.started` within 1 ms; nothing happened/);
    await supervisor.run("greeter", { input: "go" });
    const missed = probe.waitFor("tool.started", { timeoutMs: 1 });
    await expect(missed).rejects.toThrow(/the last were: .*agent.stopped \/greeter/);
  });

  it("says so before Vitest's own time-out of five seconds would end the test", async () => {
    await using supervisor = await start();
    using probe = new TestProbe(supervisor);
    await supervisor.run("greeter", { input: "go" });
    const clock = new ManualClock();
    const timers = vi
      .spyOn(globalThis, "setTimeout")
      .mockImplementation(((run: () => void, delayMs: number) =>
        clock.setTimeout(run, delayMs)) as typeof setTimeout);
    const missed = probe.waitFor("tool.started");
    timers.mockRestore();
    clock.advance(4_500);
    await expect(missed).rejects.toThrow(
      /^No `tool.started` within 4000 ms; of \d+ events the last were: /,
    );
  });

  it("fails a wait whose predicate throws, and no other", async () => {
    await using supervisor = await start();
    using probe = new TestProbe(supervisor);
    const broken = probe.waitFor(() => {
      throw new Error("broken");
    });
    const other = probe.waitFor("agent.stopped");
    const failed = expect(broken).rejects.toThrow("broken");
    await supervisor.run("greeter", { input: "go" });
    await failed;
    expect(await other).toMatchObject({ path: "/greeter" });
  });

  it("hears nothing after it was disposed, and keeps what it has", async () => {
    await using supervisor = await start();
    const probe = new TestProbe(supervisor);
    await supervisor.run("greeter", { input: "go" });
    probe[Symbol.dispose]();
    const { length } = probe.events;
    expect(length).toBeGreaterThan(0);
    await supervisor.run("greeter", { input: "go" });
    expect(probe.events).toHaveLength(length);
  });
});
