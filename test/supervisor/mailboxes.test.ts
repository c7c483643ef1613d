import { describe, expect, it } from "vitest";
import type { AgentRef, AgentSpec } from "../../src/index.ts";
import { Supervisor } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { openSupervisor } from "./open-supervisor.ts";
import { call, script } from "./scripts.ts";

const machine = new URL("../fixtures/supervisor/answers.ts", import.meta.url).href;

/** Sessions that take a message as soon as they can: it is in hand, and not covered yet. */
const agents: Record<string, AgentSpec> = {
  machine: { machine },
  loop: {
    model: { provider: "scripted", steps: [{ text: "heard" }], repeat: true },
    lifetime: "session",
    input: "go",
    limits: { turns: 1_000 },
  },
};

const message = { type: "keep" };
const tellAll = (ref: AgentRef, count: number): boolean[] =>
  Array.from({ length: count }, () => ref.tell(message));
const accepted = (count: number): boolean[] => [...Array<boolean>(count).fill(true), false];

/** One that has come up and is idle. */
async function atRest(supervisor: Supervisor, agent: string, mailbox: number) {
  const ref = await supervisor.spawn(agent, { limits: { mailbox } });
  const idle = () => supervisor.tree().children[0]?.status;
  await expect.poll(idle).toBe("waiting");
  return ref;
}

describe.each(["machine", "loop"])("the mailbox of a %s counts the messages in hand:", (agent) => {
  it.each([0, 1, 3])("%i are taken, one more is refused", async (mailbox) => {
    await using supervisor = await Supervisor.start({ threads: 0, agents });
    const ref = await atRest(supervisor, agent, mailbox);
    expect(tellAll(ref, mailbox + 1)).toEqual(accepted(mailbox));
    expect(supervisor.stats()).toMatchObject({ mailboxes: mailbox, deadLetters: 1 });
    if (mailbox === 0) return;
    await expect.poll(() => supervisor.stats().mailboxes).toBe(0);
    expect(tellAll(ref, mailbox + 1)).toEqual(accepted(mailbox));
  });

  it("also while it moves to another host", async () => {
    await using open = await openSupervisor({ threads: 1, agents });
    const ref = await atRest(open.supervisor, agent, 2);
    expect(tellAll(ref, 2)).toEqual([true, true]);
    open.loseHostOf(ref.path);
    expect(ref.tell(message)).toBe(false);
    await expect.poll(() => open.supervisor.stats().mailboxes).toBe(0);
    expect(tellAll(ref, 3)).toEqual(accepted(2));
  });
});

it("what a restarted agent has not taken in counts, and is room again once it has", async () => {
  const clock = new ManualClock();
  const intensity = { maxRestarts: 3, withinMs: 60_000, backoffMs: 1_000 };
  const spec: AgentSpec = { machine, restart: "transient", restartFrom: "snapshot" };
  const options = { threads: 0, clock, intensity, agents: { machine: spec } };
  await using supervisor = await Supervisor.start(options);
  const ref = await atRest(supervisor, "machine", 2);
  expect([ref.tell({ type: "break" }), ref.tell(message)]).toEqual([true, true]);
  await expect.poll(() => supervisor.tree().children[0]?.waitsFor).toBe("restart");
  expect(tellAll(ref, 2)).toEqual(accepted(1));
  const room = ref.whenRoom();
  clock.advance(60_000);
  await room;
  expect(supervisor.tree().children[0]?.incarnation).toBe(2);
  await expect.poll(() => supervisor.stats().mailboxes).toBe(0);
  expect(tellAll(ref, 3)).toEqual(accepted(2));
});

describe("whenRoom", () => {
  it("resolves at once where there is room, and later where there is none", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, agents });
    const ref = await atRest(supervisor, "machine", 1);
    await supervisor.whenRoom(ref.path);
    expect(tellAll(ref, 2)).toEqual(accepted(1));
    await supervisor.whenRoom(ref.path);
    expect(tellAll(ref, 2)).toEqual(accepted(1));
  });

  it("lets a thousand senders through one place, in order, with no refusal", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, agents });
    const ref = await atRest(supervisor, "machine", 1);
    expect(ref.tell(message)).toBe(true);
    const order: number[] = [];
    let refused = 0;
    const send = async (n: number): Promise<void> => {
      for (;;) {
        await ref.whenRoom();
        if (ref.tell(message)) break;
        refused += 1;
      }
      order.push(n);
    };
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => send(n)));
    expect(order).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    expect(refused).toBe(0);
    await ref.whenRoom();
    expect(await ref.ask({ type: "ask" }, { timeoutMs: 60_000 })).toBe("1002: nothing");
  });

  it("does not let one that sends nothing keep the others waiting", async () => {
    const clock = new ManualClock();
    await using supervisor = await Supervisor.start({ threads: 0, clock, agents });
    const ref = await atRest(supervisor, "machine", 1);
    ref.tell(message);
    const woken: number[] = [];
    const waits = [0, 1, 2].map((n) => ref.whenRoom().then(() => woken.push(n)));
    await waits[0];
    await new Promise(setImmediate);
    expect(woken).toEqual([0]);
    clock.advance(10);
    await waits[1];
    expect(woken).toEqual([0, 1]);
    clock.advance(10);
    await waits[2];
  });

  it("rejects when the agent ends, has ended, is unknown, or the supervisor stops", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, agents });
    const ref = await atRest(supervisor, "machine", 1);
    ref.tell({ type: "end" });
    await expect(ref.whenRoom()).rejects.toMatchObject({ code: "AGENT_STOPPED" });
    await ref.outcome;
    await expect(supervisor.whenRoom(ref.path)).rejects.toMatchObject({ code: "AGENT_STOPPED" });
    const unknown = supervisor.whenRoom("/nobody");
    await expect(unknown).rejects.toMatchObject({ code: "AGENT_UNKNOWN" });
    await expect(supervisor.whenRoom("/")).rejects.toMatchObject({ code: "AGENT_UNKNOWN" });
    const none = await supervisor.spawn("machine", { limits: { mailbox: 0 } });
    await expect(none.whenRoom()).rejects.toMatchObject({ code: "MAILBOX_FULL" });
    const other = await supervisor.spawn("machine", { limits: { mailbox: 1 } });
    other.tell(message);
    const waits = expect(other.whenRoom()).rejects.toMatchObject({ code: "AGENT_STOPPED" });
    await supervisor.stop();
    await waits;
    const late = supervisor.whenRoom(other.path);
    await expect(late).rejects.toMatchObject({ code: "SUPERVISOR_STOPPED" });
  });

  it("is for 10,000 senders, and one more is refused", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, agents });
    const ref = await supervisor.spawn("machine", { limits: { mailbox: 1 } });
    ref.tell(message);
    const waits = Array.from({ length: 10_001 }, () => ref.whenRoom());
    await expect(waits.at(-1)).rejects.toMatchObject({ code: "MAILBOX_FULL" });
    const ended = Promise.allSettled(waits);
    await ref.cancel();
    const statuses = new Set((await ended).map(({ status }) => status));
    expect([...statuses].at(-1)).toBe("rejected");
  });
});

it("an agent that writes to a full mailbox is told what to do", async () => {
  const steps = [call("spawn_agent", { agent: "loop", input: "x", name: "b", background: true })];
  const model = script(steps, [call("send_message", { to: "b", message: "hi" })], "said");
  const busy: AgentSpec = {
    model: { provider: "scripted", steps: [{ text: "x", delayMs: 60_000 }] },
    limits: { mailbox: 0 },
  };
  await using open = await openSupervisor({
    threads: 0,
    agents: { lead: { model, agents: ["loop"] }, loop: busy },
  });
  const ref = await open.supervisor.spawn("lead", { input: "go" });
  await open.until("letter.dead");
  const told = () => JSON.stringify(open.swarm.kernel.find("/lead")?.transcript);
  await expect.poll(told).toContain("MAILBOX_FULL: The agent's mailbox is full. Send again later");
  await ref.cancel();
});
