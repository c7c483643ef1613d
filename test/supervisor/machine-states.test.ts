import { describe, expect, it } from "vitest";
import type { AgentRef } from "../../src/index.ts";
import { type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";

const machine = new URL("../fixtures/supervisor/passes-states.ts", import.meta.url).href;
const read = (ref: AgentRef) => ref.ask({ type: "read" }, { timeoutMs: 60_000 });
const statesOf = ({ seen }: OpenSupervisor) =>
  seen.filter(({ type }) => type === "agent.state").map(({ state }) => state);
const emittedIn = ({ seen }: OpenSupervisor) =>
  seen.filter(({ type }) => type === "agent.emitted").map(({ event, leftOut }) => [event, leftOut]);

it.each([0, 1])(
  "every state that a machine passes through is an event, in order, on %i threads",
  async (threads) => {
    await using open = await openSupervisor({ threads, agents: { passer: { machine } } });
    const passer = await open.supervisor.spawn("passer");
    await read(passer);
    expect(statesOf(open)).toEqual(["first", "second"]);
    // In one tick, and so in one frame.
    for (let n = 0; n < 3; n += 1) passer.tell({ type: "go" });
    await read(passer);
    const passed = ["third", "fourth", "second", "third", "fourth"];
    expect(statesOf(open)).toEqual(["first", "second", ...passed]);
    expect(open.supervisor.tree().children[0]?.state).toBe("fourth");
    await passer.cancel();
  },
);

describe("in one frame", () => {
  it.each([
    [98, undefined],
    [99, undefined],
    [100, 1],
    [250, 151],
  ])("of %i states and one, %s are counted and not told", async (times, leftOut) => {
    await using open = await openSupervisor({ threads: 0, agents: { passer: { machine } } });
    const passer = await open.supervisor.spawn("passer");
    await read(passer);
    const before = statesOf(open).length;
    passer.tell({ type: "turn", times });
    expect(await read(passer)).toBe(times);
    // As many as it took turns, and the one in which it began.
    expect(statesOf(open).slice(before)).toHaveLength(Math.min(times + 1, 100));
    const last = open.seen.findLast(({ type }) => type === "agent.state");
    const state = { turning: times % 2 === 0 ? "there" : "back" };
    expect(last).toMatchObject(leftOut === undefined ? { state } : { state, leftOut });
    await passer.cancel();
  });

  it.each([
    [0, []],
    [2, [[1], [2]]],
    [100, [[99], [100]]],
    [101, [[99], [101, 1]]],
    [250, [[99], [250, 150]]],
  ])("%i emitted events become facts, a hundred at most", async (times, lastTwo) => {
    await using open = await openSupervisor({ threads: 0, agents: { passer: { machine } } });
    const passer = await open.supervisor.spawn("passer");
    passer.tell({ type: "emit", times });
    await read(passer);
    const emitted = emittedIn(open);
    expect(emitted).toHaveLength(Math.min(times, 100));
    expect(emitted.slice(-2)).toEqual(lastTwo.map(([n, left]) => [{ type: "report", n }, left]));
    await passer.cancel();
  });
});

it("what was emitted is not told again after a move", async () => {
  await using open = await openSupervisor({ threads: 1, agents: { passer: { machine } } });
  const passer = await open.supervisor.spawn("passer");
  passer.tell({ type: "emit", times: 3 });
  await read(passer);
  open.loseHostOf(passer.path);
  await read(passer);
  passer.tell({ type: "emit", times: 1 });
  await read(passer);
  expect(emittedIn(open).map(([event]) => (event as { n: number }).n)).toEqual([1, 2, 3, 1]);
  expect(statesOf(open)).toEqual(["first", "second"]);
  await passer.cancel();
});
