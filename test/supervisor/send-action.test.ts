import { describe, expect, it } from "vitest";
import type { AgentRef, AgentSpec, SupervisorOptions } from "../../src/index.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";

const machine = (name: string) => new URL(`../fixtures/sends/${name}.ts`, import.meta.url).href;
const agents: Record<string, AgentSpec> = {
  sender: { machine: machine("sender"), input: null },
  wild: { machine: machine("wild") },
  listener: { machine: machine("listener"), input: null, agents: ["sender"] },
};
const ask = { timeoutMs: 20_000 };
const patient = { timeout: 20_000 };
const inOrder = (count: number) => ({ count, inOrder: true });
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1);

/** A machine `a` that sends to a machine `b` of another run. */
async function pair(options: SupervisorOptions = {}) {
  const open = await openSupervisor({ agents, ...options });
  const b = await open.supervisor.spawn("listener", { name: "b", input: { asks: "/a" } });
  const a = await open.supervisor.spawn("sender", { name: "a", input: { to: "/b" } });
  return { open, a, b, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() };
}

const report = (ref: AgentRef) => ref.ask({ type: "report" }, ask);
const dead = ({ seen }: OpenSupervisor) => seen.filter(({ type }) => type === "letter.dead");

describe.each([0, 1, 2])("with %i threads", (threads) => {
  it("a machine sends by its action, and hears of no success", async () => {
    await using swarm = await pair({ threads });
    const { open, a, b } = swarm;
    a.tell({ type: "work", to: "/b", upTo: 5 });
    await expect.poll(() => report(b)).toEqual(upTo(5));
    expect(await report(a)).toEqual([]);
    expect(dead(open)).toEqual([]);
    await Promise.all([a.cancel(), b.cancel()]);
    expectAtRest(open);
  });

  it.each(["end", "fail"] as const)("what it sends and then %ss with arrives", async (last) => {
    const count = 1_000;
    const child = { to: "parent", upTo: count, last };
    await using open = await openSupervisor({ agents, threads, limits: { mailbox: 2 * count } });
    const ref = await open.supervisor.spawn("listener", { input: { child } });
    const end = await open.until("agent.stopped");
    const status = last === "end" ? "completed" : "failed";
    expect(end).toMatchObject({ path: `${ref.path}/c`, outcome: { status } });
    await expect.poll(() => report(ref)).toEqual([...upTo(count), "child.ended"]);
    expect(dead(open)).toEqual([]);
  });
});

it("what it sends to another run and then ends with arrives", async () => {
  await using swarm = await pair();
  const { open, a, b } = swarm;
  a.tell({ type: "work", to: "/b", upTo: 300, last: "end" });
  expect(await a.outcome).toMatchObject({ status: "completed" });
  expect(await report(b)).toEqual(upTo(300));
  expect(dead(open)).toEqual([]);
});

describe("the order of one sender is kept", () => {
  it("between messages and a call of sendMessage", async () => {
    await using swarm = await pair();
    const { a, b } = swarm;
    // Taken in one tick of its host: a message, a call, and a message behind it.
    a.tell({ type: "mixed", to: "/b" });
    a.tell({ type: "on" });
    await expect.poll(() => report(b)).toHaveLength(3);
    expect(await report(b)).toEqual([1, 2, 3]);
  });

  it.each([1, 100])("between %i messages, an answer, and another message", async (count) => {
    await using swarm = await pair();
    const { a, b } = swarm;
    a.tell({ type: "work", to: "/b", upTo: count });
    await expect.poll(() => report(b)).toHaveLength(count);
    b.tell({ type: "ask" });
    await expect.poll(() => report(b)).toHaveLength(2 * count + 2);
    expect(await report(b)).toEqual([...upTo(count), ...upTo(count), 2, 3]);
  });
});

describe("a machine that sends more than is taken is told of each refusal:", () => {
  it.each([0, 1, 3])("%i are taken, one more is refused", async (mailbox) => {
    await using swarm = await pair({ agents: bounded(mailbox), threads: 0 });
    const { open, a, b } = swarm;
    a.tell({ type: "work", to: "/b", upTo: mailbox + 1 });
    await expect.poll(() => report(a)).toMatchObject([refusal("/b", mailbox + 1, "MAILBOX_FULL")]);
    expect(dead(open)).toMatchObject([{ path: "/b", from: "/a" }]);
    if (mailbox > 0) expect(await report(b)).toEqual(upTo(mailbox));
  });
});

function bounded(mailbox: number): Record<string, AgentSpec> {
  return { ...agents, listener: { ...agents.listener, limits: { mailbox } } as AgentSpec };
}

function refusal(to: string, n: number, code: string): object {
  return { type: "send.refused", to, message: { type: "told", n }, error: { code } };
}

describe("a refusal has its code:", () => {
  it.each([
    ["AGENT_UNKNOWN", "/nobody", {}],
    ["CAPABILITY_DENIED", "/b", { grants: [{ deny: "message:*" }, "tool:*"] }],
  ] as const)("%s", async (code, to, spec) => {
    const denied = { ...agents, sender: { ...agents.sender, ...spec } as AgentSpec };
    await using swarm = await pair({ agents: denied });
    const { open, a } = swarm;
    a.tell({ type: "work", to, upTo: 1 });
    await expect.poll(() => report(a)).toMatchObject([refusal(to, 1, code)]);
    expect(dead(open)).toMatchObject([{ path: "/", from: "/a", message: { n: 1 } }]);
  });

  it("AGENT_STOPPED", async () => {
    await using swarm = await pair();
    const { open, a, b } = swarm;
    await b.cancel();
    a.tell({ type: "work", to: "/b", upTo: 1 });
    await expect.poll(() => report(a)).toMatchObject([refusal("/b", 1, "AGENT_STOPPED")]);
    expect(dead(open)).toMatchObject([{ path: "/b", from: "/a" }]);
  });

  it("OPTIONS_INVALID for what is over the bound, and it is as it was", async () => {
    await using swarm = await pair({ threads: 0 });
    const { open, a } = swarm;
    a.tell({ type: "long", to: "/b" });
    await expect
      .poll(() => report(a))
      .toMatchObject([
        { to: "/b", message: { characters: 16_000_001 }, error: { code: "OPTIONS_INVALID" } },
      ]);
    expect(dead(open)).toMatchObject([{ path: "/", from: "/a" }]);
  });
});

it.each([
  ["no-json", "The message to /b cannot travel: its value at /run is a function"],
  ["no-address", "must be text"],
  ["nothing", "must be text"],
])("what cannot be sent at all fails the machine: %s", async (type, text) => {
  await using swarm = await pair();
  const { a } = swarm;
  a.tell({ type });
  const outcome = await a.outcome;
  expect(outcome).toMatchObject({ status: "failed", error: { code: "MACHINE_INVALID" } });
  expect(JSON.stringify(outcome)).toContain(text);
});

it("20,000 are sent in one step, in order, and one more is refused", async () => {
  const count = 20_000;
  const counts = { machine: machine("counts") };
  const limits = { mailbox: 2 * count };
  await using swarm = await pair({ agents: { ...agents, listener: counts }, limits });
  const { open, a, b } = swarm;
  a.tell({ type: "work", to: "/b", upTo: count });
  const all = (so: number) => expect.poll(() => report(b), patient).toEqual(inOrder(so));
  await all(count);
  expect(await report(a)).toEqual([]);
  a.tell({ type: "work", to: "/b", upTo: count + 1 });
  await all(2 * count);
  expect(await report(a)).toMatchObject([refusal("/b", count + 1, "QUEUE_FULL")]);
  expect(dead(open)).toMatchObject([{ path: "/", from: "/a", message: { n: count + 1 } }]);
});

it("a message is not taken for the end of a child", async () => {
  await using swarm = await pair({ threads: 0 });
  const { a, b } = swarm;
  const message = { type: "child.ended", name: "c", outcome: { status: "completed" } };
  a.tell({ type: "work", to: "/b", messages: [message] });
  await expect.poll(() => report(b)).toEqual([message]);
});

it("a message of that name is no refusal, and a wildcard takes none", async () => {
  await using swarm = await pair({ threads: 0 });
  const { a, b, open } = swarm;
  a.tell({ type: "send.refused", to: "/b", message: 1 });
  expect(await report(a)).toEqual([]);
  const wild = await open.supervisor.spawn("wild", { name: "wild" });
  wild.tell({ type: "anything" });
  await open.until("letter.dead");
  expect(await report(b)).toEqual([]);
  expect(await wild.ask({ type: "report" }, ask)).toBe(1);
});
