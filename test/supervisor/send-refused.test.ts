import { describe, expect, it } from "vitest";
import type { AgentRef, AgentSpec, Grant, SupervisorOptions } from "../../src/index.ts";
import { type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";

const machine = (name: string) => new URL(`../fixtures/sends/${name}.ts`, import.meta.url).href;
const agents: Record<string, AgentSpec> = {
  sender: { machine: machine("sender"), input: null },
  listener: { machine: machine("listener"), input: null, agents: ["sender"] },
};
const report = (ref: AgentRef) => ref.ask({ type: "report" }, { timeoutMs: 20_000 });
const dead = ({ seen }: OpenSupervisor) => seen.filter(({ type }) => type === "letter.dead");
const refused = (n: number, code: string) => ({ message: { type: "told", n }, error: { code } });

/** A machine `a` under these grants that sends to `b`, of its own run or of another one. */
async function granted(grants: readonly Grant[], options: SupervisorOptions = {}) {
  const sender: AgentSpec = { ...agents.sender, grants } as AgentSpec;
  const open = await openSupervisor({ agents: { ...agents, sender }, ...options });
  const b = await open.supervisor.spawn("listener", { name: "b" });
  const a = await open.supervisor.spawn("sender", { name: "a", input: { to: "/b" } });
  const send = (upTo: number) => a.tell({ type: "work", to: "/b", upTo });
  return { open, a, b, send, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() };
}

describe("uses of a right to send", () => {
  it.each([0, 2])("%i are granted, one more is refused", async (uses) => {
    await using swarm = await granted([{ allow: "message:/b", uses }], { threads: 0 });
    const { a, b, send } = swarm;
    send(uses + 1);
    await expect.poll(() => report(a)).toMatchObject([refused(uses + 1, "CAPABILITY_DENIED")]);
    expect(await report(b)).toHaveLength(uses);
  });

  it("are given back for a message that was refused", async () => {
    const [limits, grants] = [{ mailbox: 1 }, [{ allow: "message:/b", uses: 2 }]];
    await using swarm = await granted(grants, { limits, threads: 0 });
    const { open, a, b, send } = swarm;
    // An ask would take the only place.
    const taken = () => expect.poll(() => open.supervisor.stats().mailboxes).toBe(0);
    send(2);
    await taken();
    expect(await report(a)).toMatchObject([refused(2, "MAILBOX_FULL")]);
    send(1);
    await taken();
    expect(await report(b)).toEqual([1, 1]);
    send(1);
    const denied = refused(1, "CAPABILITY_DENIED");
    await expect.poll(() => report(a)).toMatchObject([refused(2, "MAILBOX_FULL"), denied]);
  });
});

describe("a message that a person must allow", () => {
  const asks = [{ allow: "message:/b", ask: true }] as const;
  const question = ({ supervisor }: OpenSupervisor) =>
    expect.poll(() => supervisor.approvals()[0]?.subject).toBe("message:/b");

  it("is delivered after a yes", async () => {
    await using swarm = await granted(asks);
    const { open, a, b, send } = swarm;
    send(1);
    await question(open);
    expect(await report(b)).toEqual([]);
    await open.supervisor.decide(open.supervisor.approvals()[0]?.id ?? "", { allow: true });
    await expect.poll(() => report(b)).toEqual([1]);
    expect(await report(a)).toEqual([]);
  });

  it("is refused after a no", async () => {
    await using swarm = await granted(asks);
    const { open, a, send } = swarm;
    send(1);
    await question(open);
    await open.supervisor.decide(open.supervisor.approvals()[0]?.id ?? "", { allow: false });
    await expect.poll(() => report(a)).toMatchObject([refused(1, "APPROVAL_DENIED")]);
    expect(dead(open)).toMatchObject([{ path: "/", from: "/a", message: { n: 1 } }]);
  });

  it("is a dead letter when its sender ends before", async () => {
    await using swarm = await granted(asks);
    const { open, a, send } = swarm;
    send(1);
    await question(open);
    await a.cancel();
    expect(open.supervisor.approvals()).toEqual([]);
    const reason = 'it was not sent to "/b": its sender was ended before';
    expect(dead(open)).toContainEqual(expect.objectContaining({ path: "/", from: "/a", reason }));
  });
});

describe("a machine that is cancelled", () => {
  it("is told of what it sends from then on", async () => {
    await using swarm = await granted(["message:*"]);
    const { open, a, b, send } = swarm;
    send(2);
    await expect.poll(() => report(b)).toEqual([1, 2]);
    const outcome = await a.cancel().then(() => a.outcome);
    const partial = [refused(1, "CANCELLED")];
    expect(outcome).toMatchObject({ status: "cancelled", partial });
    expect(dead(open)).toMatchObject([
      { path: "/", from: "/a", message: { n: 1 } },
      { path: "/", from: "/a", message: { n: 2 } },
    ]);
    expect(await report(b)).toEqual([1, 2]);
  });

  it("has each of its messages delivered or reported", async () => {
    const count = 5_000;
    const counts: AgentSpec = { machine: machine("counts") };
    const child = { to: "parent", upTo: count, last: "end" };
    const lead: AgentSpec = { machine: machine("listener"), agents: ["sender"], input: { child } };
    const limits = { mailbox: count + 10 };
    await using open = await openSupervisor({ agents: { ...agents, counts, lead }, limits });
    const { supervisor } = open;
    const ref = await supervisor.spawn("lead", { name: "lead" });
    // Between two slices of its messages.
    await expect.poll(() => supervisor.stats().mailboxes).toBeGreaterThan(0);
    await supervisor.find("/lead/c")?.cancel();
    await expect
      .poll(async () => ((await report(ref)) as unknown[]).length + supervisor.stats().deadLetters)
      .toBe(count + 1);
  });
});

it("pausing keeps a machine's messages back until it is resumed", async () => {
  const timed: AgentSpec = { machine: machine("timed") };
  await using open = await openSupervisor({ agents: { ...agents, timed }, threads: 0 });
  const b = await open.supervisor.spawn("listener", { name: "b" });
  const a = await open.supervisor.spawn("timed", { name: "a" });
  await open.until("agent.state", ({ state }) => state === "waiting");
  open.supervisor.pause(a.path);
  await open.until("agent.state", ({ state }) => state === "sent");
  expect(await report(b)).toEqual([]);
  open.supervisor.resume(a.path);
  await expect.poll(() => report(b)).toEqual([1]);
  expect(dead(open)).toEqual([]);
});
