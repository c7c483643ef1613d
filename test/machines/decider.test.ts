import { expect, it } from "vitest";
import { createActor } from "xstate";
import { budgetLogic, saveBudget } from "../../machines/budget/budget.ts";
import { capabilityLogic, saveCapability } from "../../machines/capability/capability.ts";
import { askDecider } from "../../machines/decider.ts";

const root = { path: "/", ceilings: { tokens: 10 } };
const path = { kind: "path", parts: ["a", "*"], written: "path:/a/*" } as const;
const where = [{ argument: "path", patterns: [path] }];
const allow = { effect: "allow", pattern: "tool:*", use: true, delegate: true } as const;

function rights() {
  const layers = [[allow], [{ ...allow, where, uses: 2, since: 0 }]];
  const actor = createActor(capabilityLogic, { input: { node: "/", layers } }).start();
  actor.send({ type: "remember", node: "/", subject: "tool:a", below: true });
  return actor;
}

function budget() {
  const actor = createActor(budgetLogic, { input: root }).start();
  actor.send({ type: "reserve", key: "h", account: "/", amounts: { tokens: 8 } });
  const stretch = { per: { tokens: 1 }, least: 1, most: 2 };
  actor.send({ type: "reserve", key: "w", account: "/", amounts: { tokens: 5 }, stretch });
  return actor;
}

const actors = [
  ["the budget", budget, { type: "settle", key: "none", used: {} }],
  ["the capability actor", rights, { type: "release", key: "none", started: true }],
] as const;

it.each(actors)("%s goes on after what is no event, and says what was wrong", (_, start, good) => {
  const actor = start() as ReturnType<typeof budget>;
  for (const bad of [undefined, null, {}, { type: 5 }, { type: Symbol("s") }, { type: "resrve" }]) {
    actor.send(bad as never);
    const { status, answer, thrown } = actor.getSnapshot();
    expect({ status, answer }).toEqual({ status: "active", answer: undefined });
    expect(thrown).toBeInstanceOf(RangeError);
    actor.send(good as never);
    expect(actor.getSnapshot()).toMatchObject({ thrown: undefined, answer: {} });
  }
  actor.send({ type: "resrve" } as never);
  expect(String(actor.getSnapshot().thrown)).toContain(`of type "resrve"`);
  expect(() => askDecider(actor as never, { type: "resrve" })).toThrow(RangeError);
  expect(() => askDecider(actor as never, undefined as never)).toThrow(RangeError);
});

it("an actor that was restored goes on after what is no event", () => {
  const snapshot = budget().getPersistedSnapshot();
  const actor = createActor(budgetLogic, { snapshot, input: root }).start();
  actor.send(null as never);
  actor.send({ type: "take-woken" });
  expect(actor.getSnapshot().answer).toMatchObject({ status: "woken" });
});

it("what was thrown is told of the last event alone", () => {
  const actor = budget();
  actor.send({ type: "reserve", key: "x", account: "/nobody", amounts: { tokens: 1 } });
  expect(actor.getSnapshot().thrown).toBeInstanceOf(RangeError);
  actor.send({ type: "release", key: "h", started: false });
  expect(actor.getSnapshot()).toMatchObject({ thrown: undefined, answer: { status: "done" } });
});

it("what was kept of a budget is not changed by what is decided later", () => {
  const actor = budget();
  const kept = actor.getPersistedSnapshot();
  const text = JSON.stringify(kept);
  actor.send({ type: "release", key: "h", started: false });
  expect(JSON.stringify(kept)).toBe(text);
  const restored = createActor(budgetLogic, { snapshot: kept, input: root }).start();
  restored.send({ type: "take-woken" });
  expect(JSON.stringify(kept)).toBe(text);
});

it("nothing that is kept of a state is shared with it", () => {
  const actor = budget();
  actor.send({ type: "release", key: "h", started: false });
  const { state } = actor.getSnapshot();
  expect(shared(saveBudget(state), saveBudget(state))).toEqual([]);
  const rules = rights().getSnapshot().state;
  expect(shared(saveCapability(rules), saveCapability(rules))).toEqual([]);
});

/** Objects that are in both, which then both have from the state. */
function shared(one: object, other: object): readonly unknown[] {
  const all = objectsIn(other);
  return [...objectsIn(one)].filter((part) => all.has(part));
}

function objectsIn(value: unknown, found = new Set<unknown>()): ReadonlySet<unknown> {
  if (typeof value !== "object" || value === null) return found;
  found.add(value);
  for (const part of Object.values(value)) objectsIn(part, found);
  return found;
}
