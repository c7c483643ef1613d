import { describe, expect, it } from "vitest";
import { checkCloneable } from "../../src/supervisor/cloneable.ts";

const throwing = {
  get field(): never {
    throw new Error("no value today");
  },
};

/** Two references to the same object on each level: two to the power of `levels` paths. */
function ladder(levels: number): unknown {
  let rung: unknown = "ground";
  for (let level = 0; level < levels; level += 1) rung = { left: rung, right: rung };
  return rung;
}

function circle(): unknown {
  const round: { self?: unknown } = {};
  round.self = round;
  return round;
}

describe("what can cross a thread", () => {
  it.each([
    ["a function", () => 1],
    ["a method deep inside", { a: [{ b() {} }] }],
    ["a symbol", { mark: Symbol("mark") }],
    ["a proxy of an object", new Proxy({}, {})],
    ["a proxy in an array", [new Proxy([], {})]],
    ["a promise", Promise.resolve()],
    ["a function behind more values than are looked at", [...Array(200).fill(0), () => 1]],
    ["a getter that throws", throwing],
  ])("refuses %s", (_what, value) => {
    expect(() => checkCloneable(value, "the message")).toThrow(
      /^the message cannot cross a thread/,
    );
  });

  it.each([
    ["plain data", { type: "ping", list: [1, "two", null, undefined, true, 5n] }],
    ["a map, a date, an error", [new Map([[1, 2]]), new Date(0), new Error("late")]],
    ["a circle", circle()],
    ["one object on two to the power of a hundred paths", ladder(100)],
    ["more values than are looked at", Array(1_000).fill({ a: 1 })],
  ])("accepts %s", (_what, value) => {
    expect(() => checkCloneable(value, "the message")).not.toThrow();
  });
});
