import { describe, expect, it } from "vitest";
import { type AnyActorLogic, assign, createActor } from "xstate";
import { getAdjacencyMap } from "xstate/graph";
import { type AgentContext, type AgentEvent, agentMachine } from "../../machines/agent.ts";
import { type Chart, compileChart } from "../../src/agents/compiled-chart.ts";
import { EFFECTS, EVENTS } from "../fixtures/loop-chart.ts";
import fc from "../fixtures/properties.ts";

const input = { prefix: "/a#1" };
type Effect = (name: string, context: AgentContext, event: AgentEvent) => void;
/** Creates the logic of an actor whose effects are carried out by a function. */
type LogicOf = (effect: Effect) => AnyActorLogic;

const interpreted: LogicOf = (effect) => {
  const actions = EFFECTS.map((name) => [
    name,
    ({ context, event }: { context: AgentContext; event: AgentEvent }) =>
      effect(name, context, event),
  ]);
  return agentMachine.provide({ actions: Object.fromEntries(actions) });
};
const compiled: LogicOf = compileChart(agentMachine) as LogicOf;

const callId = fc.integer({ min: 1, max: 9 }).map((n) => `/a#1.${n}`);
const uses = fc.array(fc.constantFrom("u1", "u2", "u3"), { maxLength: 3 });
const given = fc.oneof<fc.Arbitrary<AgentEvent>[]>(
  fc.record({ type: fc.constant("input.given" as const), input: fc.constant("go") }),
  fc.record({
    type: fc.constant("permit.granted" as const),
    callId,
    maxTokens: fc.constant(1),
    turn: fc.constant(0),
  }),
  fc.record(
    {
      type: fc.constant("model.replied" as const),
      uses,
      reply: fc.constant(null),
      goOn: fc.constant("go on"),
    },
    { requiredKeys: ["type", "uses", "reply"] },
  ),
  fc.record(
    {
      type: fc.constant("model.failed" as const),
      error: fc.constant(null),
      fallsBack: fc.boolean(),
      survives: fc.boolean(),
    },
    { requiredKeys: ["type", "error"] },
  ),
  fc.record({ type: fc.constant("result.received" as const), callId, result: fc.integer() }),
  fc.record(
    {
      type: fc.constant("message.received" as const),
      blocks: fc.array(fc.string(), { maxLength: 2 }),
      askId: fc.constantFrom("ask-1", "ask-2"),
    },
    { requiredKeys: ["type", "blocks"] },
  ),
  fc.constant({ type: "end.requested" as const }),
);
/** An event whose call ids are those that the chart waits for: most sequences get far by it. */
const apt = fc.record({ apt: given, pick: fc.nat() });
const step = fc.oneof(
  { weight: 3, arbitrary: apt },
  { weight: 3, arbitrary: given },
  { weight: 1, arbitrary: fc.constantFrom("restore" as const, "stop" as const) },
);
/** What the effects do, in the order in which they are carried out. */
const deed = fc.oneof(
  { weight: 12, arbitrary: fc.constant("nothing" as const) },
  { weight: 2, arbitrary: fc.record({ send: given }) },
  { weight: 1, arbitrary: fc.constant("throw" as const) },
  { weight: 1, arbitrary: fc.constant("stop" as const) },
);

type Step = AgentEvent | { readonly apt: AgentEvent; readonly pick: number } | "restore" | "stop";
type Deed = "nothing" | "throw" | "stop" | { readonly send: AgentEvent };

/** Runs a sequence; returns all that can be seen of it. */
function trace(logicOf: LogicOf, steps: readonly Step[], deeds: readonly Deed[]): unknown[] {
  const seen: unknown[] = [];
  let carriedOut = 0;
  let actor: ReturnType<typeof start>;
  const effect: Effect = (name, context, event) => {
    seen.push([name, structuredClone(context), event]);
    const todo = deeds[carriedOut++] ?? "nothing";
    if (todo === "throw") throw new Error(`thrown by ${name}`);
    if (todo === "stop") actor.stop();
    else if (todo !== "nothing" && actor.getSnapshot().status === "active") actor.send(todo.send);
  };
  const start = (snapshot?: unknown) => {
    const restored = snapshot === undefined ? {} : { snapshot: snapshot as never };
    const created = createActor(logicOf(effect), { input, ...restored });
    created.subscribe({
      next: () => seen.push("next"),
      error: (error) => seen.push(`error ${(error as Error).message}`),
      complete: () => seen.push("complete"),
    });
    return created.start();
  };
  actor = start();
  for (const each of steps) {
    if (each === "stop") actor.stop();
    else if (each === "restore") {
      const { value, context } = actor.getSnapshot();
      const state = JSON.parse(JSON.stringify({ value, context }));
      actor = start(logicOf === interpreted ? agentMachine.resolveState(state) : state);
    } else actor.send("apt" in each ? aptly(actor.getSnapshot(), each.apt, each.pick) : each);
    const { status, value, context, error } = actor.getSnapshot();
    seen.push([status, value, structuredClone(context), (error as Error | undefined)?.message]);
    // XState warns about each event that is sent to an actor that has ended.
    if (status !== "active") break;
  }
  return seen;
}

function aptly(snapshot: unknown, event: AgentEvent, pick: number): AgentEvent {
  const { model, calls } = (snapshot as { readonly context: AgentContext }).context;
  if (event.type === "permit.granted" && model !== null) return { ...event, callId: model };
  const call = calls[pick % Math.max(1, calls.length)];
  return event.type === "result.received" && call !== undefined
    ? { ...event, callId: call.callId }
    : event;
}

/** A chart with one state that says more than it may. */
function chartOf(state: object, more: object = {}): Chart {
  const guards = { may: () => true };
  const actions = { effect: () => undefined };
  const config = { context: () => ({}), initial: "a", states: { a: state, b: {} }, ...more };
  return { config, implementations: { guards, actions } };
}

describe("the compiled chart of the loop", () => {
  it("does in random sequences what XState's does, also where effects send, throw or stop", () => {
    const sequence = fc.tuple(fc.array(step, { maxLength: 30 }), fc.array(deed, { maxLength: 30 }));
    const reached = new Set<unknown>();
    fc.assert(
      fc.property(sequence, ([steps, deeds]) => {
        const expected = trace(interpreted, steps, deeds);
        expect(trace(compiled, steps, deeds)).toEqual(expected);
        for (const each of expected) if (Array.isArray(each)) reached.add(`${each[0]} ${each[1]}`);
      }),
      { numRuns: Number(process.env.SEQUENCES ?? 3_000) },
    );
    // They are no sequences of refused events.
    expect([...reached]).toEqual(expect.arrayContaining(["done ended", "done failed"]));
    expect([...reached].filter((each) => String(each).startsWith("active"))).toHaveLength(6);
    expect([...reached].filter((each) => String(each).startsWith("error")).length).toBeGreaterThan(
      2,
    );
  });

  it("has the transitions that xstate/graph finds in the machine", () => {
    const permits = [2, 3].map((n): AgentEvent => {
      return { type: "permit.granted", callId: `/a#1.${n}`, maxTokens: 1, turn: 0 };
    });
    const events = [...EVENTS, ...permits];
    const value = ({ value: at }: { value: unknown }) => String(at);
    const of = (logicOf: LogicOf) => {
      const logic = logicOf(() => undefined);
      // The graph's walk takes the method off its object.
      const transition = logic.transition.bind(logic);
      const map = getAdjacencyMap(Object.assign(logic, { transition }) as typeof agentMachine, {
        ...{ events, input, limit: 20_000, stopWhen: tooFar },
        serializeState: (state) => JSON.stringify([state.value, state.context]),
      });
      const edges = Object.values(map).flatMap(({ state, transitions }) => {
        const to: readonly Edge[] = Object.values(transitions);
        return to.map((edge) => `${value(state)} ${edge.event.type} ${value(edge.state)}`);
      });
      return new Set(edges);
    };
    const edges = of(interpreted);
    expect(edges.size).toBeGreaterThan(40);
    expect([...of(compiled)].sort()).toEqual([...edges].sort());
  });

  it("keeps the snapshot where an event changes nothing", () => {
    const actor = createActor(
      compiled(() => undefined),
      { input },
    ).start();
    const before = actor.getSnapshot();
    actor.send({ type: "model.replied", uses: [], reply: null });
    expect(actor.getSnapshot()).toBe(before);
  });
});

interface Edge {
  readonly event: { readonly type: string };
  readonly state: { readonly value: unknown };
}

function tooFar({ context }: { context: AgentContext }): boolean {
  return context.count > 3 || context.inbox.length > 1 || context.asks.length > 1;
}

describe("a chart that says more than a table can", () => {
  it.each<[string, Chart, RegExp]>([
    ["nested states", chartOf({ initial: "c", states: { c: {} } }), /`initial`.*state "a"/],
    ["an entry action", chartOf({ entry: "effect" }), /`entry`/],
    ["an exit action", chartOf({ exit: "effect" }), /`exit`/],
    ["an eventless transition", chartOf({ always: "b" }), /`always`/],
    ["a delayed transition", chartOf({ after: { 10: "b" } }), /`after`/],
    ["an invoked actor", chartOf({ invoke: { src: "x" } }), /`invoke`/],
    ["a parallel state", chartOf({ type: "parallel" }), /type "parallel"/],
    ["a short transition", chartOf({ on: { go: "b" } }), /short form/],
    ["a transition that re-enters", chartOf({ on: { go: { reenter: true } } }), /`reenter`/],
    ["a target that is no state", chartOf({ on: { go: { target: ".b" } } }), /no state "\.b"/],
    ["a guard in place", chartOf({ on: { go: { guard: () => true } } }), /no name/],
    ["an unknown action", chartOf({ on: { go: { actions: "none" } } }), /"none"/],
    ["a root transition", chartOf({}, { on: { go: {} } }), /`on`.*the chart/],
  ])("is refused: %s", (_, chart, why) => {
    expect(() => compileChart(chart)).toThrow(why);
  });

  it("is refused where an action is another than an assignment, or assigns by field", () => {
    const named = (action: unknown): Chart => ({
      config: {
        context: () => ({}),
        initial: "a",
        states: { a: { on: { go: { actions: "it" } } } },
      },
      implementations: { guards: {}, actions: { it: action as object } },
    });
    expect(() => compileChart(named(assign({ a: () => 1 })))).toThrow(/by field/);
    expect(() => compileChart(named(Object.assign(() => 1, { type: "xstate.raise" })))).toThrow(
      /xstate\.raise/,
    );
    expect(() => compileChart(named(assign({ a: 1 })))).not.toThrow();
  });
});
