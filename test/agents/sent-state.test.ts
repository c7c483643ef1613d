import { describe, expect, it } from "vitest";
import { type AnyActorRef, assign, createActor, fromTransition, setup, stopChild } from "xstate";
import { SentState } from "../../src/agents/sent-state.ts";
import { amountOfChange, amountOfState, changed, fits } from "../../src/wire/change.ts";
import type { Json } from "../../src/wire/json.ts";
import fc from "../fixtures/properties.ts";
import { type Stirred, stir } from "../fixtures/simulation/stirred.ts";

interface Context {
  readonly store: Stirred;
  readonly refs?: { readonly [id: string]: AnyActorRef };
}

const stirrer = fromTransition(
  (store: Stirred, { seed }: { readonly type: "stir"; readonly seed: number }) => stir(store, seed),
  { a: [] } as Stirred,
);

/** Stirs its context and those of its children as it is told. */
const machine = setup({
  types: {
    context: {} as Context,
    events: {} as
      | { readonly type: "stir"; readonly seed: number }
      | { readonly type: "rich"; readonly seed: number }
      | { readonly type: "put"; readonly seed: number; readonly store: Stirred }
      | { readonly type: "spawn" | "stop" | "child"; readonly seed: number },
  },
  actors: { stirrer },
  actions: {
    stir: assign({ store: ({ context, event }) => stir(context.store, event.seed) }),
    put: assign({ store: ({ event }) => (event as { readonly store: Stirred }).store }),
    enrich: assign({ store: ({ context, event }) => stir(context.store, event.seed, true) }),
    spawn: assign(({ context, spawn, event, self }) => {
      const id = `child ${event.seed % 3}`;
      if (id in self.getSnapshot().children) return {};
      const child = spawn("stirrer", { id });
      return event.seed % 2 === 0 ? {} : { refs: { ...context.refs, [id]: child } };
    }),
    stop: stopChild(({ event }) => `child ${event.seed % 3}`),
    child: ({ event, self }) => {
      const { children } = self.getSnapshot() as { children: Record<string, { send: unknown }> };
      const child = children[`child ${event.seed % 3}`];
      if (child !== undefined)
        (child.send as (event: object) => void)({ type: "stir", seed: event.seed });
    },
  },
}).createMachine({
  context: { store: { a: [1, { b: 2 }], b: {} } },
  on: {
    rich: { actions: "enrich" },
    put: { actions: "put" },
    spawn: { actions: "spawn" },
    stop: { actions: "stop" },
    child: { actions: "child" },
  },
  initial: "one",
  states: {
    one: { on: { stir: { target: "two.deep", actions: "stir" } } },
    two: {
      initial: "deep",
      states: {
        deep: { on: { stir: { target: "#(machine).one", actions: "stir" } } },
        back: { type: "history" },
      },
    },
  },
});

type Told = Parameters<ReturnType<typeof start>["actor"]["send"]>[0];

function start() {
  const actor = createActor(machine).start();
  return { actor, sent: new SentState(actor as never) };
}

/** What a supervisor keeps of the frames that it has got, and how many were whole. */
function supervisor() {
  let kept: Json = null;
  let wholes = 0;
  return {
    get kept() {
      return kept;
    },
    get wholes() {
      return wholes;
    },
    take({ state, change }: ReturnType<SentState["next"]>): void {
      if (state !== undefined) wholes += 1;
      if (state !== undefined) kept = overTheWire(state);
      if (change === undefined) return;
      const got = overTheWire(change);
      expect(amountOfChange(got)).toBeDefined();
      expect(fits(kept, got)).toBe(true);
      const most = { ...amountOfState(kept) };
      kept = changed(kept, got);
      const is = amountOfState(kept);
      const by = amountOfChange(got);
      expect(is?.values).toBeLessThanOrEqual((most.values ?? 0) + (by?.values ?? 0));
      expect(is?.bytes).toBeLessThanOrEqual((most.bytes ?? 0) + (by?.bytes ?? 0) + 1);
    },
  };
}

function overTheWire<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

const told = fc.array(
  fc.record({
    type: fc.constantFrom("stir", "stir", "stir", "rich", "spawn", "stop", "child", "child"),
    seed: fc.nat(),
  }) as unknown as fc.Arbitrary<Told>,
  { maxLength: 30 },
);

describe("what is sent of a machine's state", () => {
  it("leaves the supervisor with what a whole copy is, to the order of its keys", () => {
    fc.assert(
      fc.property(told, (events) => {
        const { actor, sent } = start();
        const kept = supervisor();
        kept.take(sent.next({ count: 0, asks: [] }));
        for (const [count, event] of events.entries()) {
          actor.send(event);
          const door = { count, asks: count % 3 === 0 ? [] : [`ask ${count}`] };
          kept.take(sent.next(door));
          const whole = new SentState(actor as never).next(door).state;
          expect(JSON.stringify(kept.kept)).toBe(JSON.stringify(whole));
        }
        actor.stop();
      }),
      { numRuns: 300 },
    );
  });

  it("is nothing when nothing has changed", () => {
    const { actor, sent } = start();
    const door = { count: 1, asks: ["a"] };
    expect(sent.next(door)).toHaveProperty("state");
    actor.send({ type: "child", seed: 1 });
    expect(sent.next({ count: 1, asks: ["a"] })).toEqual({});
    expect(sent.next({ count: 2, asks: ["a"] })).toEqual({
      change: { type: "fields", fields: { count: { type: "set", value: 2 } } },
    });
  });

  it.each<readonly [string, Stirred, Stirred, object]>([
    ["a list that grows", ["a"], ["a", "b"], { type: "splice", at: 1, gone: 0, added: ["b"] }],
    ["a queue", ["a", "b", "c"], ["b", "c"], { type: "splice", at: 0, gone: 1, added: [] }],
    [
      "an item of a list",
      [{ a: 1 }, { a: 2 }],
      [{ a: 1 }, { a: 3 }],
      {
        type: "items",
        items: [[1, { type: "fields", fields: { a: { type: "set", value: 3 } } }]],
      },
    ],
    ["a field that goes", { a: 1, b: 2 }, { b: 2 }, { type: "fields", gone: ["a"], fields: {} }],
    [
      "a field that moves to the end",
      { a: 1, b: 2, c: 3 },
      { b: 2, c: 3, a: 1 },
      { type: "fields", gone: ["a"], fields: { a: { type: "set", value: 1 } } },
    ],
  ])("is what has changed: %s", (_, before, after, change) => {
    const { actor, sent } = start();
    const door = { count: 0, asks: [] };
    actor.send({ type: "put", seed: 0, store: before });
    sent.next(door);
    actor.send({ type: "put", seed: 0, store: sharing(before, after) });
    expect(sent.next(door)).toEqual({
      change: within(["machine", "context", "store"], change),
    });
  });

  it("is nothing of 500 KB that stay, and one field of them when that changes", () => {
    const { actor, sent } = start();
    const items = Array.from({ length: 5_000 }, (_, id) => ({ id, text: "x".repeat(90) }));
    actor.send({ type: "put", seed: 0, store: { items, count: 0 } });
    const door = { count: 0, asks: [] };
    expect(JSON.stringify(sent.next(door)).length).toBeGreaterThan(500_000);
    actor.send({ type: "put", seed: 0, store: { items, count: 1 } });
    expect(JSON.stringify(sent.next(door)).length).toBeLessThan(250);
    actor.send({ type: "put", seed: 0, store: { items: [...items], count: 1 } });
    expect(sent.next(door)).toEqual({});
  });

  it("is whole again when what has left it may have used up the bound", () => {
    const { actor, sent } = start();
    const door = { count: 0, asks: [] };
    const sendsWhole = (size: number, at: number): boolean => {
      const list = new Array<number>(size + at).fill(at);
      actor.send({ type: "put", seed: 0, store: list });
      return sent.next(door).state !== undefined;
    };
    const sizes = [1, 400_000, 400_000, 400_000, 400_000, 400_000];
    expect(sizes.map(sendsWhole)).toEqual([true, false, false, true, false, true]);
  });
});

/** Returns `after` with the parts of `before` that are equal, as `assign` would leave them. */
function sharing(before: Stirred, after: Stirred): Stirred {
  if (!Array.isArray(before) || !Array.isArray(after)) return after;
  return after.map(
    (item) => before.find((one) => JSON.stringify(one) === JSON.stringify(item)) ?? item,
  );
}

function within(path: readonly string[], change: object): object {
  return path.reduceRight((inner, name) => ({ type: "fields", fields: { [name]: inner } }), change);
}
