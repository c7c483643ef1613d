import { describe, expect, it } from "vitest";
import type { AgentRef, AgentSpec, CoppiceError, Json } from "../../../src/index.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "../open-supervisor.ts";

const machine = new URL("../../fixtures/supervisor/keeps-values.ts", import.meta.url).href;
const within = { timeoutMs: 60_000 };
const ask = (ref: AgentRef, type: string): Promise<Json> => ref.ask({ type }, within);

const kept = [
  "2026-05-17T00:00:00.000Z",
  ["a", 3],
  ["1", "2"],
  true,
  "example.org",
  "/a+/gi",
  "12345678901234567890",
  true,
  ["undefined", "NaN", "Infinity", "-0"],
  [1, 2, 3],
  true,
  true,
  ["RangeError: too far", "E_FAR"],
  ["TOOL_FAILED", "It broke.", { tool: "saw" }],
];

/** Loses the agent's host, and waits until it answers from another one. */
async function move(open: OpenSupervisor, ref: AgentRef): Promise<void> {
  const host = open.swarm.kernel.find(ref.path)?.host;
  open.loseHostOf(ref.path);
  await ask(ref, "refs");
  expect(open.swarm.kernel.find(ref.path)?.host).not.toBe(host);
}

const router: Record<string, Partial<AgentSpec>> = {
  "a shared thread": {},
  "a process": { isolation: "process" },
};

it.each(Object.keys(router))("what JSON cannot hold moves with its machine, in %s", async (at) => {
  const agents = { keeper: { machine, ...router[at] } };
  await using open = await openSupervisor({ threads: 1, agents });
  const keeper = await open.supervisor.spawn("keeper");
  keeper.tell({ type: "fill" });
  expect(await ask(keeper, "look")).toEqual(kept);
  await move(open, keeper);
  expect(await ask(keeper, "look")).toEqual(kept);
  expect(await keeper.snapshot()).toMatchObject({
    machine: {
      context: { date: kept[0], map: { a: [1, "2n"], 3: null }, big: `${kept[6]}n`, set: ["x"] },
    },
  });
  expect(await keeper.snapshot()).not.toHaveProperty("encoded");
  await keeper.cancel();
});

it("what JSON cannot hold is there again after a restart from the snapshot", async () => {
  const agents: Record<string, AgentSpec> = {
    keeper: { machine, restart: "transient", restartFrom: "snapshot" },
  };
  const intensity = { maxRestarts: 3, withinMs: 60_000, backoffMs: 1, maxBackoffMs: 1 };
  await using open = await openSupervisor({ threads: 0, agents, intensity });
  const keeper = await open.supervisor.spawn("keeper");
  keeper.tell({ type: "fill" });
  expect(await ask(keeper, "look")).toEqual(kept);
  keeper.tell({ type: "fail" });
  await open.until("agent.restarted");
  expect(await ask(keeper, "look")).toEqual(kept);
  await keeper.cancel();
});

describe("what cannot be kept is named with its path", () => {
  it.each([
    ["function", "context.items[3].run", "a function"],
    ["class", "context.items[3].run", "a Point"],
    ["symbol", "context.items[3].run", "a symbol"],
    ["promise", "context.items[3].run", "a Promise"],
    ["weak", "context.items[3].run", "a WeakMap"],
    ["buffer", "context.items[3].run", "a Buffer"],
    ["inMap", 'context.items[3].get("run")', "a function"],
    ["digits", "context.items[3].run", "a bigint of more than 10000 digits"],
    ["holes", "context.items[3].run", "one of more than 1000000 values"],
    ["bomb", expect.stringContaining("context.items[3].run"), "one of more than 1000000 values"],
  ])("%s", async (kind, path, found) => {
    await using open = await openSupervisor({ threads: 0, agents: { keeper: { machine } } });
    const keeper = await open.supervisor.spawn("keeper");
    keeper.tell({ type: "spoil", kind });
    const outcome = await keeper.outcome;
    expect(outcome).toMatchObject({ error: { code: "MACHINE_INVALID", details: { path, found } } });
    const { message, details } = (outcome as unknown as { error: CoppiceError }).error;
    expect(message).toContain(`${details.path} is ${details.found}`);
    expectAtRest(open);
  });
});

it("logic that is spawned inline is refused with what to do", async () => {
  await using open = await openSupervisor({ threads: 0, agents: { keeper: { machine } } });
  const keeper = await open.supervisor.spawn("keeper");
  keeper.tell({ type: "inline" });
  const { error } = (await keeper.outcome) as unknown as { error: CoppiceError };
  expect(error).toMatchObject({ code: "MACHINE_INVALID", details: { id: "inline" } });
  expect(error.message).toContain("setup({ actors: { yourName: logic } })");
  expect(error.message).toContain('spawn("yourName")');
});

it("references to a child that ended and to one that lives survive a move", async () => {
  await using open = await openSupervisor({ threads: 1, agents: { keeper: { machine } } });
  const keeper = await open.supervisor.spawn("keeper");
  for (const type of ["spawn", "up", "stop", "up"]) keeper.tell({ type });
  // XState itself says of a reducer that has ended that it is active.
  const seen = ["gone", "active", 1, "living", "active", 2];
  expect(await ask(keeper, "refs")).toEqual(seen);
  await move(open, keeper);
  expect(await ask(keeper, "refs")).toEqual(seen);
  keeper.tell({ type: "up" });
  expect(await ask(keeper, "refs")).toEqual(seen.with(5, 3));
  await move(open, keeper);
  expect(await ask(keeper, "refs")).toEqual(seen.with(5, 3));
  await keeper.cancel();
});

it("several delayed raises under one id survive a move, in order", async () => {
  await using open = await openSupervisor({ threads: 1, agents: { keeper: { machine } } });
  const keeper = await open.supervisor.spawn("keeper");
  for (const type of ["fill", "raise"]) keeper.tell({ type });
  await ask(keeper, "refs");
  await move(open, keeper);
  await open.until("agent.emitted", undefined, 2);
  const emitted = open.seen.filter(({ type }) => type === "agent.emitted");
  expect(emitted.map(({ event }) => event)).toEqual([
    { type: "heard", kind: "one", isDate: false },
    { type: "heard", kind: "two", isDate: true },
  ]);
  await keeper.cancel();
});

it("an event that is emitted and is no JSON ends its machine only", async () => {
  await using open = await openSupervisor({ threads: 1, agents: { keeper: { machine } } });
  const neighbour = await open.supervisor.spawn("keeper", { name: "neighbour" });
  const keeper = await open.supervisor.spawn("keeper");
  keeper.tell({ type: "emitDate" });
  expect(await keeper.outcome).toMatchObject({
    error: { code: "MACHINE_INVALID", message: expect.stringContaining("dated") },
  });
  expect(await ask(neighbour, "refs")).toHaveLength(6);
  expect(open.seen.some(({ type }) => type === "host.lost")).toBe(false);
  await neighbour.cancel();
});
