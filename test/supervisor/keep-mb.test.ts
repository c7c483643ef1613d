import { type AgentSpec, type AnyEvent, defineTool, Supervisor, type ValueRef } from "coppice";
import { simulate, TestProbe } from "coppice/testing";
import { describe, expect, it } from "vitest";
import { MAX_READER_BYTES } from "../../src/journal/event-reader.ts";
import { answered } from "../simulation/answered.ts";
import { heardOnce } from "../simulation/heard-once.ts";
import { randomDrive } from "../simulation/random-drive.ts";
import { randomSwarm } from "../simulation/random-swarm.ts";
import { openSupervisor } from "./open-supervisor.ts";
import { call, script, spawn } from "./scripts.ts";

const speaker: AgentSpec = { model: script("said") };
const saysLarge = new URL("../fixtures/supervisor/says-large.ts", import.meta.url).href;
const MB = 1024 * 1024;

/** An agent that says so many characters, other ones in each run. */
const large = (characters: number): AgentSpec => ({
  model: script([call("give", { characters })], "done"),
  tools: ["give"],
});
let given = 0;
const give = defineTool({
  name: "give",
  description: "Gives a text.",
  input: { type: "object", properties: { characters: { type: "number" } } },
  execute: ({ characters = 0 }) => {
    given += 1;
    return `${given}`.padEnd(characters, "x");
  },
});

const start = (options: Parameters<typeof Supervisor.start>[0]) =>
  Supervisor.start({ threads: 0, ...options });

/** All that there is to read, without waiting for more. */
async function kept(supervisor: Supervisor): Promise<readonly AnyEvent[]> {
  const events: AnyEvent[] = [];
  await supervisor.stop();
  for await (const event of supervisor.events({ since: 0 })) events.push(event);
  return events;
}

describe("keepMb", () => {
  it.each([-1, 0.5, 1_048_577, Number.NaN, "64"])("cannot be %s", async (keepMb) => {
    const refused = Supervisor.start({ keepMb } as never);
    await expect(refused).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
    await expect(refused).rejects.toThrow("keepMb");
  });

  it("bounds events, ended agents and values together; a late reader gets a gap", async () => {
    const supervisor = await start({ keepMb: 1, tools: [give], agents: { large: large(200_000) } });
    const probe = new TestProbe(supervisor);
    await using living = supervisor;
    const session = await living.spawn(
      { name: "session", model: script("said"), lifetime: "session" },
      { input: "go" },
    );
    for (let run = 0; run < 20; run += 1) await supervisor.run("large", { input: "go" });
    const results = probe.events
      .filter((event) => event.type === "tool.finished")
      .map(({ result }) => result as ValueRef);
    const values = await Promise.all(results.map((ref) => supervisor.value(ref)));
    const there = values.map((value) => typeof value === "string");
    // The newest four or five of them, and nothing in between.
    expect(there.indexOf(true)).toBeGreaterThanOrEqual(15);
    expect(there.slice(there.indexOf(true)).every((one) => one)).toBe(true);
    expect(there.at(-1)).toBe(true);
    const children = supervisor.tree().children.map(({ path }) => path);
    expect(children).toContain(session.path);
    expect(children).toContain("/large-20");
    expect(children).not.toContain("/large-2");
    const events = await kept(supervisor);
    const [gap, first] = events;
    expect(gap).toMatchObject({ type: "gap", forgotten: (first?.seq ?? 0) - 1 });
    const read = events.flatMap(({ result }) => (result === undefined ? [] : [result as ValueRef]));
    expect(read.length).toBeGreaterThan(0);
    for (const ref of read) expect(await supervisor.value(ref)).toHaveLength(200_000);
  });

  it("0 keeps nothing of what is over, but children that a parent may wait for", async () => {
    const lead: AgentSpec = {
      model: script(
        [spawn("speaker", { name: "kid", background: true })],
        [call("give", { characters: 30_000 })],
        [call("wait_agents", { names: ["kid"] })],
        "led",
      ),
      tools: ["give"],
      agents: ["speaker"],
      lifetime: "session",
    };
    const output = "o".repeat(100_000);
    const agents = { lead, speaker: { model: script(output) } };
    await using open = await openSupervisor({ threads: 0, keepMb: 0, tools: [give], agents });
    const { supervisor, swarm, until } = open;
    const ref = await supervisor.spawn("lead", { input: "go" });
    const { result } = await until("tool.finished");
    await until("model.finished", ({ path }) => path === "/lead", 4);
    const waited = swarm.kernel.find("/lead")?.transcript.at(-2);
    expect(JSON.stringify(waited)).toContain(output);
    expect(await supervisor.value(result as ValueRef)).toBeUndefined();
    expect(await supervisor.find("/lead/kid")?.outcome).toMatchObject({ output });
    await ref.cancel();
    expect(await ref.outcome).toMatchObject({ status: "cancelled", partial: "led" });
    expect(supervisor.tree().children).toEqual([]);
    expect(supervisor.find("/lead")).toBeUndefined();
    await ref.cancel();
    const [gap, ...rest] = await kept(supervisor);
    expect(gap?.type).toBe("gap");
    expect(rest).toEqual([]);
  });

  it("0 keeps every promise of the runtime", async () => {
    const { schedules } = await simulate({
      seeds: 25,
      swarm: (random) => ({ ...randomSwarm(random), keepMb: 0 }),
      drive: randomDrive,
      invariants: [heardOnce, answered],
    });
    expect(schedules).toBe(25);
  });

  it("is not used up by one value that is larger: it alone is not kept", async () => {
    const agents = { speaker, large: large(9 * MB) };
    await using supervisor = await start({ keepMb: 8, tools: [give], agents });
    const probe = new TestProbe(supervisor);
    await supervisor.run("speaker", { input: "go" });
    await supervisor.run("large", { input: "go" });
    const { result } = await probe.waitFor("tool.finished");
    expect(result).toMatchObject({ bytes: 9 * MB });
    expect(await supervisor.value(result as ValueRef)).toBeUndefined();
    expect(supervisor.find("/speaker")).toBeDefined();
    expect(await supervisor.find("/large")?.outcome).toMatchObject({ output: "done" });
    // An agent whose own outcome is not kept is not shown as if it were.
    const input = { n: 1, characters: 9 * MB };
    const outcome = await supervisor.run<string>({ machine: saysLarge }, { input });
    expect(outcome.status === "completed" && outcome.output.length).toBe(9 * MB);
    expect(supervisor.find(outcome.path)).toBeUndefined();
    expect(supervisor.find("/speaker")).toBeDefined();
  });
});

describe("a reader that does not read", () => {
  it("holds so many bytes, then gets one gap and reads on from the journal", async () => {
    const text = "i".repeat(16_000);
    const many = 1_000;
    const model = { provider: "scripted", steps: [{ text }] } as const;
    const supervisor = await start({ agents: { long: { model } } });
    const reader = supervisor.events();
    const first = reader.next();
    // More than it may hold, in less than its 10,000 events.
    expect(many * text.length).toBeGreaterThan(1.5 * MAX_READER_BYTES);
    for (let n = 0; n < many; n += 1) await supervisor.run("long", { input: "go" });
    const { seq = 0 } = (await first).value as AnyEvent;
    await supervisor.stop();
    const read: AnyEvent[] = [];
    for await (const event of { [Symbol.asyncIterator]: () => reader }) read.push(event);
    expect(read.filter(({ type }) => type === "gap")).toMatchObject([{ forgotten: 0 }]);
    const seqs = read.flatMap((event) => event.seq ?? []);
    expect(seqs).toEqual(seqs.map((_, at) => seq + 1 + at));
    expect(read.filter(({ type }) => type === "agent.stopped")).toHaveLength(many);
  });
});
