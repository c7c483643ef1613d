import { describe, expect, it } from "vitest";
import { cloneable } from "../../src/specs/cloneable.ts";

const throwing = {
  get field(): never {
    throw new Error("no value today");
  },
};

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
    ["a promise", Promise.resolve()],
    ["a function behind more values than are looked at", [...Array(200).fill(0), () => 1]],
    ["a getter that throws", throwing],
    ["a circle", circle()],
    ["a bigint", { count: 5n }],
    ["a map", [new Map([[1, 2]])]],
    ["a number that JSON cannot write", { share: Number.NaN }],
  ])("refuses %s", (_what, value) => {
    expect(() => cloneable(value, "the message")).toThrow(/^the message cannot cross a thread/);
  });

  it.each([
    ["plain data", { type: "ping", list: [1, "two", null, undefined, true] }],
    ["a proxy, of which it takes what it shows", [new Proxy({ a: 1 }, {})]],
    ["one object twice", Array(2).fill({ a: 1 })],
    ["more values than are looked at", Array(1_000).fill({ a: 1 })],
  ])("accepts %s", (_what, value) => {
    expect(() => cloneable(value, "the message")).not.toThrow();
  });
});
