import { describe, expect, it } from "vitest";
import { type AgentSpec, type AnyEvent, Supervisor } from "../../src/index.ts";
import { type Clock, systemClock } from "../../src/wire/clock.ts";
import { call, countingTool, script, spawn } from "./scripts.ts";

const speaker: AgentSpec = { model: script("said") };
const lead: AgentSpec = {
  model: script([spawn("speaker"), spawn("speaker")], "led"),
  agents: ["speaker"],
};
const talker: AgentSpec = { model: script("one", "two", "three", "four"), lifetime: "session" };

async function readAll(events: AsyncIterable<AnyEvent>): Promise<AnyEvent[]> {
  const all: AnyEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const seqs = (events: readonly AnyEvent[]) => events.flatMap(({ seq }) => seq ?? []);
const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

describe("facts", () => {
  it("have no gap in their numbers, and each agent's stop is told once", async () => {
    const supervisor = await Supervisor.start({ threads: 1, agents: { lead, speaker } });
    const heard: AnyEvent[] = [];
    supervisor.on("*", (event) => heard.push(event));
    const reading = readAll(supervisor.events({ since: 0 }));
    await supervisor.run("lead", { input: "go" });
    await supervisor.stop();
    const read = await reading;
    expect(seqs(read)).toEqual(upTo(seqs(read).length));
    expect(seqs(heard)).toEqual(upTo(seqs(heard).length));
    const stopped = read.filter(({ type }) => type === "agent.stopped");
    expect(stopped.map(({ path }) => path).toSorted()).toEqual([
      "/lead",
      "/lead/speaker",
      "/lead/speaker-2",
    ]);
    for (const { outcome } of stopped) expect(outcome).toMatchObject({ status: "completed" });
  });

  it("reach readers and listeners in order, also when a listener makes more of them", async () => {
    const supervisor = await Supervisor.start({ threads: 0, agents: { speaker } });
    const heard: AnyEvent[] = [];
    const reading = readAll(supervisor.events());
    // Refused at once, and told at once.
    supervisor.once("agent.started", () => {
      supervisor.spawn("speaker", { input: "x", name: "not a name" }).catch(() => undefined);
    });
    supervisor.on("*", (event) => heard.push(event));
    await supervisor.run("speaker", { input: "go" });
    await supervisor.stop();
    const read = await reading;
    expect(read.map(({ type }) => type)).toContain("spawn.refused");
    expect(seqs(read)).toEqual(upTo(seqs(read).length));
    expect(seqs(heard)).toEqual(upTo(seqs(heard).length));
  });

  it("of a subtree are those of the path and below", async () => {
    const supervisor = await Supervisor.start({ threads: 0, agents: { lead, speaker } });
    const reading = readAll(supervisor.events({ since: 0, path: "/lead" }));
    await supervisor.run("lead", { input: "go" });
    await supervisor.run("lead", { input: "go" });
    await supervisor.stop();
    const paths = new Set((await reading).map(({ path }) => path));
    expect([...paths].toSorted()).toEqual(["/lead", "/lead/speaker", "/lead/speaker-2"]);
  });
});

describe("a listener", () => {
  it("that throws, at once or later, is contained", async () => {
    const supervisor = await Supervisor.start({ threads: 0, agents: { speaker } });
    const warned: string[] = [];
    const onWarning = ({ name, message }: Error) => {
      if (name === "CoppiceListenerWarning") warned.push(message);
    };
    process.on("warning", onWarning);
    const heard: string[] = [];
    supervisor.on("agent.started", () => {
      throw new Error("at once");
    });
    supervisor.on("agent.started", async () => {
      throw new Error("later");
    });
    supervisor.on("agent.started", ({ path }) => heard.push(path));
    const outcome = await supervisor.run("speaker", { input: "go" });
    await supervisor.stop();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", onWarning);
    expect(outcome.status).toBe("completed");
    expect(heard).toEqual(["/speaker"]);
    expect(warned.join()).toMatch(/at once.*later/s);
  });

  it("that takes the output out of an event takes it from no outcome", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, agents: { speaker } });
    supervisor.on("agent.stopped", ({ outcome }) => {
      Object.assign(outcome, { output: "taken out" });
    });
    expect(await supervisor.run("speaker", { input: "go" })).toMatchObject({ output: "said" });
  });

  it("may tell an agent at any moment, and what was on its way to it arrives", async () => {
    const machine = new URL("../fixtures/supervisor/parent-machine.ts", import.meta.url).href;
    const agents = { speaker, parent: { machine, agents: ["speaker"] } };
    await using supervisor = await Supervisor.start({ threads: 0, agents });
    supervisor.on("agent.stopped", ({ path }) => {
      if (path === "/parent/speaker") supervisor.find("/parent")?.tell({ type: "note" });
    });
    const signal = AbortSignal.timeout(5_000);
    const outcome = await supervisor.run("parent", { signal });
    expect(outcome).toMatchObject({
      status: "completed",
      output: { notes: 1, result: { isError: false, value: "said" } },
    });
  });

  it.each([
    ["in the next step", 0],
    // A slice of requests is 5 ms: each step uses up one.
    ["in the next slice", 6],
  ])("that cancels a requested tool which would start %s keeps it from it", async (_, stepMs) => {
    let late = 0;
    const clock: Clock = {
      ...systemClock,
      now: () => {
        late += stepMs;
        return systemClock.now() + late;
      },
      // Its agent has ended by then.
      setTimeout: (next, delayMs) => systemClock.setTimeout(next, delayMs === 0 ? 50 : delayMs),
    };
    const { tool, count } = countingTool("work");
    const worker: AgentSpec = { model: script([call("work")], "done"), tools: ["work"] };
    await using supervisor = await Supervisor.start({
      threads: 0,
      agents: { worker },
      tools: [tool],
      clock,
    });
    supervisor.on("tool.requested", ({ path }) => void supervisor.cancel(path, "not that"));
    const outcome = await supervisor.run("worker", { input: "go" });
    expect(outcome).toMatchObject({ status: "cancelled", reason: "not that" });
    expect(count.calls).toBe(0);
    expect(outcome.usage.toolCalls).toBe(0);
  });

  it("is told nothing more once it is off, and once only where it asked for that", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, agents: { speaker } });
    const heard: string[] = [];
    const off = ({ path }: AnyEvent) => heard.push(`off ${path}`);
    supervisor.once("agent.stopped", ({ path }) => heard.push(`once ${path}`));
    supervisor.on("agent.stopped", off);
    await supervisor.run("speaker", { input: "go" });
    supervisor.off("agent.stopped", off);
    await supervisor.run("speaker", { input: "go" });
    expect(heard).toEqual(["once /speaker", "off /speaker"]);
  });
});

describe("a slow reader", () => {
  it("gets one gap and reads on from the journal, without a fact missing", async () => {
    const supervisor = await Supervisor.start({ threads: 0, agents: { speaker } });
    const reader = supervisor.events();
    const first = reader.next();
    for (let count = 0; count < 1_800; count += 1) await supervisor.run("speaker", { input: "go" });
    const { value } = await first;
    await supervisor.stop();
    const read = await readAll(reader);
    expect(read.filter(({ type }) => type === "gap")).toEqual([
      { type: "gap", path: "/", at: expect.any(Number), after: value.seq, forgotten: 0 },
    ]);
    expect(seqs(read).length).toBeGreaterThan(10_000);
    expect([value.seq, ...seqs(read)]).toEqual(upTo(seqs(read).length + 1));
  });
});

it("lets a reader that comes after the stop read what there was, and ends it", async () => {
  const supervisor = await Supervisor.start({ threads: 0, agents: { speaker } });
  await supervisor.run("speaker", { input: "go" });
  await supervisor.stop();
  const read = await readAll(supervisor.events({ since: 0 }));
  expect(read.at(-1)).toMatchObject({ type: "agent.stopped", path: "/speaker" });
  expect(await readAll(supervisor.events())).toEqual([]);
});

it("tells no second cancel of agents that had ended when the supervisor stops", async () => {
  const supervisor = await Supervisor.start({ threads: 0, agents: { speaker, talker } });
  await supervisor.run("speaker", { input: "go" });
  await supervisor.spawn("talker", { input: "go" });
  const requested: string[] = [];
  supervisor.on("cancel.requested", ({ path }) => requested.push(path));
  await supervisor.stop();
  expect(requested).toEqual(["/talker"]);
});

it.each([-1, 0.5, Number.NaN])("refuses to read since %d", async (since) => {
  await using supervisor = await Supervisor.start({ threads: 0 });
  expect(() => supervisor.events({ since })).toThrow(/since must be a whole number/);
});
