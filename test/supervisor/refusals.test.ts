import { describe, expect, it } from "vitest";
import { type AgentSpec, type AnyEvent, Supervisor } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { undeclared } from "../docs/event-fields.ts";
import { countingTool } from "./scripts.ts";

const machine = new URL("../fixtures/supervisor/answers.ts", import.meta.url).href;
const sender = new URL("../fixtures/supervisor/sends-on.ts", import.meta.url).href;
const caller = new URL("../fixtures/supervisor/calls-on.ts", import.meta.url).href;
const agents: Record<string, AgentSpec> = {
  machine: { machine },
  sender: { machine: sender },
  caller: { machine: caller, grants: ["tool:given"] },
};
const { tool } = countingTool("given");
const hidden = countingTool("hidden").tool;

async function start(clock = new ManualClock()) {
  const supervisor = await Supervisor.start({ threads: 0, clock, agents, tools: [tool, hidden] });
  const seen: AnyEvent[] = [];
  supervisor.on("*", (event) => seen.push(event));
  const letters = (from: string) =>
    seen.filter((event) => event.type === "letter.dead" && event.from === from);
  return { supervisor, clock, seen, letters };
}

/** How many each event stands for. */
const counts = (events: readonly AnyEvent[]) => events.map(({ count = 1 }) => Number(count));
const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

describe("what a full mailbox refuses", () => {
  it("is told at doubling counts: 32,798 refusals are 16 facts, the rest one more", async () => {
    const { supervisor, seen, letters } = await start();
    await using _ = supervisor;
    const ref = await supervisor.spawn("machine", { limits: { mailbox: 0 } });
    for (let n = 1; n <= 32_798; n += 1) expect(ref.tell(n)).toBe(false);
    expect(counts(letters("/"))).toEqual([1, ...Array.from({ length: 15 }, (_, n) => 2 ** n)]);
    expect(letters("/").map(({ message }) => message)).toEqual(
      Array.from({ length: 16 }, (_, n) => 2 ** n),
    );
    expect(supervisor.stats().deadLetters).toBe(32_798);
    expect(seen.length).toBeLessThan(30);
    await ref.cancel();
    expect(sum(counts(letters("/")))).toBe(32_798);
    const last = letters("/").at(-1);
    expect(last).toMatchObject({ path: "/machine", reason: "its mailbox is full", count: 30 });
    expect(last).not.toHaveProperty("message");
  });

  it("is told to the end when there is room again, once a second at most", async () => {
    const { supervisor, clock, letters } = await start();
    await using _ = supervisor;
    const ref = await supervisor.spawn("machine", { limits: { mailbox: 1 } });
    const burst = async (count: number) => {
      await ref.whenRoom();
      expect(ref.tell({ type: "keep" })).toBe(true);
      for (let n = 0; n < count; n += 1) expect(ref.tell("more")).toBe(false);
    };
    await burst(7);
    await burst(0);
    expect(counts(letters("/"))).toEqual([1, 1, 2]);
    clock.advance(1_000);
    await burst(0);
    await ref.whenRoom();
    expect(counts(letters("/"))).toEqual([1, 1, 2, 3]);
  });

  it("is the first again after a minute without one", async () => {
    const { supervisor, clock, letters } = await start();
    await using _ = supervisor;
    const ref = await supervisor.spawn("machine", { limits: { mailbox: 0 } });
    for (let n = 0; n < 3; n += 1) ref.tell("x");
    clock.advance(60_000);
    ref.tell("x");
    clock.advance(60_001);
    ref.tell("y");
    expect(counts(letters("/"))).toEqual([1, 1, 2, 1]);
    expect(letters("/").at(-1)).toMatchObject({ message: "y" });
  });

  it("is counted for each sender and receiver by itself, an ended one too", async () => {
    const { supervisor, letters } = await start();
    await using _ = supervisor;
    const limits = { mailbox: 0 };
    const one = await supervisor.spawn("machine", { limits });
    const two = await supervisor.spawn("machine", { limits });
    for (const ref of [one, two, one, two]) ref.tell("x");
    expect(counts(letters("/"))).toEqual([1, 1, 1, 1]);
    await supervisor.run("sender", { input: { to: "machine", count: 20 } });
    expect(counts(letters("/sender"))).toEqual([1, 1, 2, 4, 8]);
    await one.cancel();
    for (let n = 0; n < 100; n += 1) one.tell("x");
    const ended = letters("/").filter(({ reason }) => reason === "the agent has ended");
    expect(counts(ended)).toEqual([1, 1, 2, 4, 8, 16, 32]);
  });
});

it("letters to agents that there are not are counted for their sender", async () => {
  const { supervisor, letters } = await start();
  await using _ = supervisor;
  await supervisor.run("sender", { input: { to: "nobody-", numbered: true, count: 20 } });
  // The last four when their sender ends.
  expect(counts(letters("/sender"))).toEqual([1, 1, 2, 4, 8, 4]);
  expect(letters("/sender")[0]).toMatchObject({
    path: "/",
    reason: 'there is no agent "nobody-1"',
  });
  expect(supervisor.stats().deadLetters).toBe(20);
});

it("refused spawns have a hundred facts, and are counted from then on", async () => {
  const { supervisor, seen } = await start();
  await using _ = supervisor;
  const refused = () => counts(seen.filter(({ type }) => type === "spawn.refused"));
  const spawn = () => supervisor.spawn("machine", { limits: { concurrency: 0 } });
  for (let n = 0; n < 210; n += 1)
    await expect(spawn()).rejects.toMatchObject({ code: "QUEUE_FULL" });
  expect(refused()).toEqual([...Array(100).fill(1), 100]);
  await supervisor.stop();
  await expect.poll(() => sum(refused())).toBe(210);
  expect(seen.flatMap(undeclared)).toEqual([]);
});

describe("refused calls of a tool", () => {
  const told = (seen: readonly AnyEvent[], type: string, tool: string) =>
    seen.filter((event) => event.type === type && event.tool === tool);

  it("have a hundred facts, and are counted from then on, their requests with them", async () => {
    const { supervisor, seen } = await start();
    await using _ = supervisor;
    await supervisor.run("caller", { input: { tools: Array(210).fill("hidden") } });
    const denied = told(seen, "tool.denied", "hidden");
    expect(counts(denied)).toEqual([...Array(100).fill(1), 100, 10]);
    expect(seen.flatMap(undeclared)).toEqual([]);
    const asked = told(seen, "tool.requested", "hidden").map(({ callId }) => callId);
    expect(asked).toEqual(denied.slice(0, 101).map(({ callId }) => callId));
  });

  it("that there are not are counted together, whatever they are called", async () => {
    const { supervisor, seen } = await start();
    await using _ = supervisor;
    const tools = Array.from({ length: 210 }, (_, n) => `nothing-${n}`);
    await supervisor.run("caller", { input: { tools } });
    const denied = seen.filter(({ type }) => type === "tool.denied");
    expect(counts(denied)).toEqual([...Array(100).fill(1), 100, 10]);
  });

  it("hide none that is allowed: its request is told before it starts", async () => {
    const { supervisor, seen } = await start();
    await using _ = supervisor;
    const ref = await supervisor.spawn("caller", {
      input: { tools: [...Array(20).fill("given"), ...Array(208).fill("given")] },
      grants: [{ allow: "tool:given", uses: 20 }],
    });
    supervisor.on("tool.denied", ({ count = 1 }) => {
      if (count === 100) supervisor.grant(ref.path, "tool:given");
    });
    await ref.outcome;
    const kinds = seen.filter(({ type }) => type.startsWith("tool.")).map(({ type }) => type);
    expect(kinds.filter((type) => type === "tool.started")).toHaveLength(28);
    const asked = kinds.flatMap((type, n) => (type === "tool.started" ? [kinds[n - 1]] : []));
    expect(new Set(asked)).toEqual(new Set(["tool.requested"]));
  });
});
