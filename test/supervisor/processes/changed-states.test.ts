import { describe, expect, it } from "vitest";
import type { AgentRef, AgentSpec, CoppiceError, Json } from "../../../src/index.ts";
import { amountOfState } from "../../../src/wire/change.ts";
import { STATE_BOUND } from "../../../src/wire/machine-state.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "../open-supervisor.ts";

const machine = new URL("../../fixtures/supervisor/stirs.ts", import.meta.url).href;
const within = { timeoutMs: 60_000 };
const look = (ref: AgentRef): Promise<Json> => ref.ask({ type: "look" }, within);
const storeOf = async (ref: AgentRef): Promise<Json> => {
  const state = (await ref.snapshot()) as { machine: { context: { store: Json } } };
  return state.machine.context.store;
};
const restarts: Partial<AgentSpec> = { restart: "transient", restartFrom: "snapshot" };
const intensity = { maxRestarts: 30, withinMs: 60_000, backoffMs: 1, maxBackoffMs: 1 };

/** Has the machine begin again from what is kept of it: on another host, or after a failure. */
async function again(open: OpenSupervisor, ref: AgentRef, threads: number): Promise<void> {
  const before = open.seen.length;
  if (threads > 0) open.loseHostOf(ref.path);
  else ref.tell({ type: "fail" });
  const type = threads > 0 ? "agent.moved" : "agent.restarted";
  const past = open.seen.slice(0, before).filter((event) => event.type === type).length;
  await open.until(type, undefined, past + 1);
}

describe.each([
  ["a shared thread", 1, {}],
  ["a thread of its own", 1, { isolation: "thread" }],
  ["a process of its own", 1, { isolation: "process" }],
  ["the supervisor's thread", 0, {}],
] as const)("a machine that begins again in %s", (_, threads, more) => {
  it.each(["stir", "enrich"])(
    "has exactly the context that it had, after each %s",
    async (type) => {
      const agents: Record<string, AgentSpec> = { stirrer: { machine, ...restarts, ...more } };
      await using open = await openSupervisor({ threads, agents, intensity });
      const ref = await open.supervisor.spawn("stirrer");
      let seed = 0;
      for (let round = 0; round < 4; round += 1) {
        for (let n = 0; n < 16; n += 1) {
          ref.tell({ type: n % 4 === 3 ? type : "stir", seed });
          seed += 1;
          // Each in a frame of its own, after which the supervisor has what the machine has.
          const has = await look(ref);
          if (type === "stir") expect(JSON.stringify(await storeOf(ref))).toBe(has);
        }
        const had = await look(ref);
        await again(open, ref, threads);
        expect(await look(ref)).toBe(had);
      }
      await ref.cancel();
      expectAtRest(open);
    },
  );
});

it("what is read of a state stays as it was, and may be changed by who reads it", async () => {
  await using open = await openSupervisor({ threads: 1, agents: { stirrer: { machine } } });
  const ref = await open.supervisor.spawn("stirrer");
  ref.tell({ type: "fill", count: 3 });
  await look(ref);
  const read = (await ref.snapshot()) as { machine: { context: { fill: number[][] } } };
  expect(read.machine.context.fill).toEqual([[0, 0, 0]]);
  ref.tell({ type: "fill", count: 1 });
  await look(ref);
  expect(read.machine.context.fill).toEqual([[0, 0, 0]]);
  read.machine.context.fill.length = 0;
  expect(await ref.snapshot()).toMatchObject({ machine: { context: { fill: [[0, 0, 0], [0]] } } });
  await ref.cancel();
});

it.each(["push", "set", "add", "delete", "sort"])(
  "a context that is changed in place (%s) fails its agent with what to do",
  async (how) => {
    await using open = await openSupervisor({ threads: 1, agents: { stirrer: { machine } } });
    const ref = await open.supervisor.spawn("stirrer");
    ref.tell({ type: "list" });
    await look(ref);
    ref.tell({ type: "mutate", how });
    const { error } = (await ref.outcome) as unknown as { readonly error: CoppiceError };
    expect(error).toMatchObject({ code: "MACHINE_INVALID" });
    expect(error.message).toContain("The context of a machine is frozen once it is kept");
    expect(error.message).toContain("[...context.items, item]");
  },
);

it("a context with a getter, which is another value each time, is kept as it is now", async () => {
  await using open = await openSupervisor({ threads: 1, agents: { stirrer: { machine } } });
  const ref = await open.supervisor.spawn("stirrer");
  ref.tell({ type: "get" });
  const callsOf = async (): Promise<number> => {
    await look(ref);
    const state = (await ref.snapshot()) as {
      machine: { context: { getter: { calls: [number] } } };
    };
    return state.machine.context.getter.calls[0];
  };
  const before = await callsOf();
  expect(await callsOf()).toBeGreaterThan(before);
  await ref.cancel();
});

describe("a state that grows by small changes", () => {
  const fill = async (open: OpenSupervisor) => {
    const ref = await open.supervisor.spawn("stirrer");
    const state = async () => amountOfState((await ref.snapshot()) as Json);
    // Twice as much as it may have at once, in all.
    for (const count of [400_000, 400_000]) {
      ref.tell({ type: "fill", count });
      ref.tell({ type: "empty" });
      await look(ref);
    }
    ref.tell({ type: "fill", count: 900_000 });
    ref.tell({ type: "fill", count: 1 });
    await look(ref);
    const { values = 0 } = (await state()) ?? {};
    return { ref, left: STATE_BOUND.values - values };
  };

  it("may become as large as its bound", async () => {
    await using open = await openSupervisor({ threads: 1, agents: { stirrer: { machine } } });
    const { ref, left } = await fill(open);
    // The list itself is a value too.
    ref.tell({ type: "fill", count: left - 1 });
    await look(ref);
    const kept = open.swarm.kernel.find(ref.path)?.state as Json;
    expect(amountOfState(kept)?.values).toBe(STATE_BOUND.values);
    await ref.cancel();
  });

  it("fails its agent alone, one value beyond", async () => {
    const agents = { stirrer: { machine } };
    await using open = await openSupervisor({ threads: 1, agents });
    const neighbour = await open.supervisor.spawn("stirrer");
    const { ref, left } = await fill(open);
    ref.tell({ type: "fill", count: left });
    const { error } = (await ref.outcome) as unknown as { readonly error: CoppiceError };
    expect(error).toMatchObject({ code: "MACHINE_INVALID" });
    expect(error.message).toContain("has more than 1000000 values");
    expect(await look(neighbour)).toContain("text");
    expect(open.seen.filter(({ type }) => type === "host.lost")).toEqual([]);
    await neighbour.cancel();
  });
});
