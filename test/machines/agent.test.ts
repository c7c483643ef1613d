import { expect, it } from "vitest";
import { createActor } from "xstate";
import { getShortestPaths } from "xstate/graph";
import { agentMachine } from "../../machines/agent.ts";
import { EFFECTS, EVENTS } from "../fixtures/loop-chart.ts";

const input = { prefix: "/a#1" };
const provided = agentMachine.provide({
  actions: Object.fromEntries(EFFECTS.map((name) => [name, () => undefined])),
});
it("reaches every state", () => {
  const paths = getShortestPaths(provided, {
    input,
    events: [...EVENTS],
    limit: 500,
    serializeState: ({ value }) => JSON.stringify(value),
  });
  const reached = new Set(paths.map(({ state }) => state.value));
  expect([...reached].sort()).toEqual(Object.keys(agentMachine.states).sort());
});

it("can be told to end in every state that is no end", () => {
  for (const state of Object.values(agentMachine.states)) {
    const final = state.type === "final" || state.key === "closing";
    expect([state.key, state.ownEvents.includes("end.requested")]).toEqual([state.key, !final]);
  }
});

it("names every action and guard it uses, and has no stray function", () => {
  const { actions, guards } = agentMachine.implementations;
  const known = new Set([...Object.keys(actions), ...Object.keys(guards)]);
  const used = new Set<string>();
  JSON.stringify(agentMachine.config, (key, value) => {
    if (key === "context") return undefined;
    expect(typeof value).not.toBe("function");
    if (key === "actions" || key === "guard") for (const name of [value].flat()) used.add(name);
    return value;
  });
  expect([...used].sort()).toEqual([...known].sort());
});

it("describes every state", () => {
  for (const state of Object.values(agentMachine.states)) expect(state.description).toBeTruthy();
});

it("refuses to run without its effects", () => {
  const errors: unknown[] = [];
  const actor = createActor(agentMachine, { input });
  actor.subscribe({ error: (error) => errors.push(error) });
  actor.start().send({ type: "input.given", input: "go" });
  expect(errors).toMatchObject([{ message: expect.stringContaining("machine.provide()") }]);
});

it("numbers its calls by itself, the next model call behind them", () => {
  const actor = createActor(provided, { input }).start();
  actor.send({ type: "input.given", input: "go" });
  actor.send({ type: "permit.granted", callId: "/a#1.1", maxTokens: 1, turn: 0 });
  actor.send({ type: "model.replied", uses: ["x", "y"], reply: null });
  expect(actor.getSnapshot().context).toMatchObject({
    calls: [
      { callId: "/a#1.2", use: "x" },
      { callId: "/a#1.3", use: "y" },
    ],
    model: "/a#1.4",
    count: 4,
  });
});

it("goes on instead of ending its turn when a message came while its model answered", () => {
  const actor = createActor(provided, { input }).start();
  actor.send({ type: "input.given", input: "go" });
  actor.send({ type: "permit.granted", callId: "/a#1.1", maxTokens: 1, turn: 0 });
  actor.send({ type: "message.received", blocks: ["wait"], askId: "q" });
  actor.send({ type: "model.replied", uses: [], reply: null });
  const { value, context } = actor.getSnapshot();
  expect([value, context.inbox, context.asks]).toEqual(["asking", ["wait"], ["q"]]);
});

it("asks again under the same id when another model is to answer, and keeps what came", () => {
  const actor = createActor(provided, { input }).start();
  actor.send({ type: "input.given", input: "go" });
  actor.send({ type: "permit.granted", callId: "/a#1.1", maxTokens: 1, turn: 0 });
  actor.send({ type: "message.received", blocks: ["wait"] });
  actor.send({ type: "model.failed", error: null, fallsBack: true });
  const { value, context } = actor.getSnapshot();
  expect([value, context.model, context.count, context.inbox]).toEqual([
    "asking",
    "/a#1.1",
    1,
    ["wait"],
  ]);
  actor.send({ type: "permit.granted", callId: "/a#1.1", maxTokens: 1, turn: 0, model: 1 });
  expect(actor.getSnapshot().value).toBe("thinking");
});

it("asks for another turn when its answer was cut, which is told first", () => {
  const actor = createActor(provided, { input }).start();
  actor.send({ type: "input.given", input: "go" });
  actor.send({ type: "permit.granted", callId: "/a#1.1", maxTokens: 1, turn: 0 });
  actor.send({ type: "message.received", blocks: ["wait"], askId: "q" });
  actor.send({ type: "model.replied", uses: [], reply: null, goOn: "go on" });
  const { value, context } = actor.getSnapshot();
  expect([value, context.model, context.inbox, context.asks]).toEqual([
    "asking",
    "/a#1.2",
    ["go on", "wait"],
    ["q"],
  ]);
});

it.each([
  ["while its model answered", "thinking"],
  ["while no other model may be asked", "asking"],
])("waits for the next message when its turn failed alone %s", (_, value) => {
  const actor = createActor(provided, { input }).start();
  actor.send({ type: "input.given", input: "go" });
  if (value === "thinking") {
    actor.send({ type: "permit.granted", callId: "/a#1.1", maxTokens: 1, turn: 0 });
  }
  expect(actor.getSnapshot().value).toBe(value);
  actor.send({ type: "model.failed", error: null, survives: true });
  const { value: after, context } = actor.getSnapshot();
  expect([after, context.model, context.asks]).toEqual(["waiting", null, []]);
  actor.send({ type: "message.received", blocks: ["and?"], askId: "q" });
  expect(actor.getSnapshot().context).toMatchObject({ model: "/a#1.2", asks: ["q"] });
});

it("begins another turn at once with what came while the one that failed was answered", () => {
  const actor = createActor(provided, { input }).start();
  actor.send({ type: "input.given", input: "go" });
  actor.send({ type: "permit.granted", callId: "/a#1.1", maxTokens: 1, turn: 0 });
  actor.send({ type: "message.received", blocks: ["wait"] });
  actor.send({ type: "model.failed", error: null, survives: true });
  const { value, context } = actor.getSnapshot();
  expect([value, context.model, context.inbox]).toEqual(["asking", "/a#1.2", ["wait"]]);
});

it("answers the asks of a turn that failed before it forgets them, then ends the turn", () => {
  const done: unknown[] = [];
  const note =
    (name: string) =>
    ({ context }: { context: { asks: readonly string[] } }) =>
      void done.push([name, ...context.asks]);
  const machine = provided.provide({
    actions: { leaveOutTurn: note("leaveOutTurn"), endTurn: note("endTurn") },
  });
  const actor = createActor(machine, { input }).start();
  actor.send({ type: "input.given", input: "go" });
  actor.send({ type: "message.received", blocks: ["?"], askId: "q" });
  actor.send({ type: "permit.granted", callId: "/a#1.1", maxTokens: 1, turn: 0 });
  actor.send({ type: "model.failed", error: null, survives: true });
  expect(done).toEqual([["leaveOutTurn", "q"], ["endTurn"]]);
});
