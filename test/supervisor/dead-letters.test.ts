import { once } from "node:events";
import { BroadcastChannel } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { type AgentSpec, Supervisor } from "../../src/index.ts";
import type { DeadLetter, Gap } from "../../src/journal/event-streams.ts";
import { call, script } from "./scripts.ts";

const fixture = (name: string): string =>
  new URL(`../fixtures/supervisor/${name}.ts`, import.meta.url).href;
const busy: AgentSpec = {
  name: "busy",
  lifetime: "session",
  model: { provider: "scripted", steps: [{ text: "x", delayMs: 60_000 }] },
};

async function take(
  letters: AsyncIterableIterator<DeadLetter | Gap>,
  count: number,
): Promise<readonly object[]> {
  const taken: object[] = [];
  while (taken.length < count) {
    const { value } = await letters.next();
    const { type, path, from, reason, message } = value;
    taken.push({ type, path, from, reason, message });
  }
  return taken;
}

describe("a message that reaches nobody is a dead letter", () => {
  it("when its receiver has ended, or its mailbox is full", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, limits: { mailbox: 1 } });
    const letters = supervisor.deadLetters();
    const agent = await supervisor.spawn(busy, { input: "go" });
    expect([agent.tell("kept"), agent.tell("too much")]).toEqual([true, false]);
    await agent.cancel();
    expect(agent.tell("too late")).toBe(false);
    const about = { type: "letter.dead", path: "/busy", from: "/" };
    expect(await take(letters, 3)).toEqual([
      { ...about, reason: "its mailbox is full", message: "too much" },
      { ...about, reason: "the agent has ended", message: "kept" },
      { ...about, reason: "the agent has ended", message: "too late" },
    ]);
    expect(supervisor.stats().deadLetters).toBe(3);
  });

  it("when there is no such agent, with its sender", async () => {
    const model = script([call("send_message", { to: "nobody", message: "Hello?" })], "Well.");
    await using supervisor = await Supervisor.start({
      threads: 0,
      agents: { lead: { model, agents: ["lead"] } },
    });
    await supervisor.run("lead", { input: "go" });
    const about = { type: "letter.dead", path: "/", from: "/lead" };
    const reason = 'there is no agent "nobody"';
    const letters = supervisor.deadLetters({ since: 0 });
    expect(await take(letters, 1)).toEqual([{ ...about, reason, message: "Hello?" }]);
  });

  it("when its receiver ends before it has got to it", async () => {
    const agents = { partner: { machine: fixture("answers") } };
    await using supervisor = await Supervisor.start({ threads: 1, agents });
    const letters = supervisor.deadLetters();
    const agent = await supervisor.spawn("partner");
    expect([agent.tell({ type: "end" }), agent.tell("never read")]).toEqual([true, true]);
    expect(await agent.outcome).toMatchObject({ status: "completed" });
    const about = { type: "letter.dead", path: "/partner", from: "/" };
    const reason = "the agent has ended";
    expect(await take(letters, 1)).toEqual([{ ...about, reason, message: "never read" }]);
  });

  it("when its receiver is cancelled while its module is being imported", async () => {
    const agents = { runaway: { machine: fixture("runs-away") } };
    await using supervisor = await Supervisor.start({ threads: 1, agents });
    const letters = supervisor.deadLetters();
    const agent = await supervisor.spawn("runaway");
    agent.tell("never read");
    await agent.cancel();
    const about = { type: "letter.dead", path: "/runaway", from: "/" };
    const reason = "the agent has ended";
    expect(await take(letters, 1)).toEqual([{ ...about, reason, message: "never read" }]);
  });

  it("when it was on its way as its receiver was killed", async () => {
    const agents = { runaway: { machine: fixture("runs-away") } };
    await using supervisor = await Supervisor.start({ threads: 1, agents, graceMs: 50 });
    const letters = supervisor.deadLetters();
    const agent = await supervisor.spawn("runaway");
    const channel = new BroadcastChannel("runs-away");
    const running = once(channel as unknown as EventTarget, "message");
    agent.tell({ type: "run" });
    agent.tell("never read");
    await running;
    channel.close();
    await agent.cancel();
    const about = { type: "letter.dead", path: "/runaway", from: "/" };
    expect(await take(letters, 2)).toEqual([
      { ...about, reason: "the agent has ended", message: { type: "run" } },
      { ...about, reason: "the agent has ended", message: "never read" },
    ]);
  });
});

describe("the stream of dead letters", () => {
  it("tells nothing else, ends with the supervisor, and can be left", async () => {
    const supervisor = await Supervisor.start({ threads: 0 });
    const agent = await supervisor.spawn(busy, { input: "go" });
    await agent.cancel();
    const all = (async () => {
      const seen: string[] = [];
      for await (const letter of supervisor.deadLetters({ since: 0 })) seen.push(letter.type);
      return seen;
    })();
    const one = supervisor.deadLetters();
    agent.tell("one");
    agent.tell("two");
    for await (const letter of one) {
      expect(letter).toMatchObject({ message: "one" });
      break;
    }
    await supervisor.stop();
    expect(await all).toEqual(["letter.dead", "letter.dead"]);
    expect(await one.next()).toEqual({ value: undefined, done: true });
  });

  it("tells a reader that fell 10,000 behind so, and goes on from the journal", async () => {
    await using supervisor = await Supervisor.start({ threads: 0 });
    const limits = { mailbox: 10_001 };
    const agent = await supervisor.spawn(busy, { input: "go", limits });
    for (let n = 0; n < 10_001; n += 1) agent.tell(n);
    const letters = supervisor.deadLetters();
    await agent.cancel();
    expect(await take(letters, 2)).toMatchObject([{ type: "gap" }, { type: "letter.dead" }]);
  });

  it("is refused what is no number to begin at", async () => {
    await using supervisor = await Supervisor.start({ threads: 0 });
    expect(() => supervisor.deadLetters({ since: -1 })).toThrow(/since must be a whole number/);
  });
});
