import { expect, it } from "vitest";
import { JSON_BOUND, plainJson, refusalOf } from "../../src/wire/json-bound.ts";
import fc from "../fixtures/properties.ts";

it("copies any JSON without a key __proto__", () => {
  const copied = fc.property(fc.jsonValue(), (value) => {
    // JSON has no negative zero.
    const text = JSON.stringify(value);
    fc.pre(!text.includes('"__proto__":'));
    expect(JSON.stringify(plainJson(value))).toBe(text);
  });
  fc.assert(copied, { numRuns: 200, examples: [[{ constructor: { toString: null } }]] });
});

it.each([
  ["undefined", undefined, null],
  ["an undefined property", { a: undefined, b: 1 }, { b: 1 }],
  ["undefined in an array", [undefined, 1], [null, 1]],
  ["a date", { at: new Date(0) }, { at: "1970-01-01T00:00:00.000Z" }],
  [
    "an object of a class",
    new (class Tree {
      rings = 7;
    })(),
    { rings: 7 },
  ],
  ["an object without a prototype", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ["the same object twice", ((leaf) => [leaf, leaf])({ a: 1 }), [{ a: 1 }, { a: 1 }]],
])("copies %s", (_, value, copy) => {
  expect(plainJson(value)).toEqual(copy);
});

// biome-ignore lint/suspicious/noSparseArray: a hole is what is refused.
const holed = [1, , 2];
const circle: { self?: unknown } = {};
circle.self = circle;

it.each([
  ["a function", () => 1, /^it is a function/],
  ["a BigInt deep inside", { a: [{ b: 1n }] }, /^its value at \/a\/0\/b is a bigint/],
  ["a symbol", { a: Symbol("s") }, /\/a is a symbol/],
  ["NaN", { a: Number.NaN }, /\/a is NaN/],
  ["an infinity", Number.NEGATIVE_INFINITY, /^it is -Infinity/],
  ["a map", { a: new Map() }, /\/a is a Map/],
  ["a set", new Set(), /a Set/],
  ["an error", new Error("e"), /a Error/],
  ["a promise", { a: Promise.resolve() }, /a Promise/],
  ["bytes", new Uint8Array(2), /a Uint8Array/],
  ["a circle", circle, /refers to itself/],
  ["nesting of 201", nested(201), /deeper than 200 levels.*; flatten it/],
  ["a hole in a list", { a: holed }, /^its value at \/a\/1 is a hole in a list; give null there/],
  ["four billion holes", [new Array(2 ** 32 - 1)], /^it has more than 250000 values; send less/],
  ["a key __proto__", { a: JSON.parse('{"__proto__":{}}') }, /^its value at \/a has a key/],
  ["2^30 values by shared references", shared(30), /^it has more than 250000 values/],
])("refuses %s and says where", (_, value, message) => {
  expect(() => plainJson(value)).toThrow(message);
  expect(refusalOf(value)?.message).toMatch(message);
});

it.each([
  ["values", Array.from({ length: JSON_BOUND.values - 1 }, () => 0), [0]],
  ["levels", nested(JSON_BOUND.depth) as unknown[], []],
  ["bytes", ["x".repeat(JSON_BOUND.bytes - 4)], ["y"]],
  ["bytes of other alphabets", ["\u00e9".repeat(JSON_BOUND.bytes / 2 - 2)], ["y"]],
])("takes as many %s as the bound has, and not one more", (_, most, more) => {
  expect(refusalOf(most)).toBeUndefined();
  expect(plainJson(most)).toEqual(most);
  const over = more.length === 0 ? [most] : [...most, ...more];
  expect(refusalOf(over)).toBeDefined();
  expect(() => plainJson(over)).toThrow(TypeError);
});

it("counts a value in each place where it stands", () => {
  const bound = { depth: 10, values: 7, bytes: 1_000 };
  const leaf = [1];
  expect(refusalOf([leaf, leaf, leaf], bound)).toBeUndefined();
  expect(refusalOf([leaf, leaf, leaf, leaf], bound)?.reason).toBe("has more than 7 values");
});

it("ends at the bound, however large the value is", () => {
  const seen = { count: 0 };
  const endless = {
    get more(): unknown {
      seen.count += 1;
      return [endless, endless];
    },
  };
  const bound = { depth: 100, values: 50, bytes: 1_000 };
  expect(refusalOf(endless, bound)).toBeDefined();
  expect(seen.count).toBeLessThan(50);
});

it("shows no more of a path than can be read", () => {
  const refusal = refusalOf({ ["k".repeat(5_000)]: { "\ud800": 1n } });
  expect(refusal?.message.length).toBeLessThan(400);
  expect(refusal?.message.isWellFormed()).toBe(true);
});

it("allows nesting of 200", () => {
  expect(plainJson(nested(200))).toEqual(nested(200));
});

it("a negative zero is copied as 0, which is what JSON makes of it", () => {
  const copy = plainJson({ a: [-0, 0], b: -0 }) as { a: number[]; b: number };
  expect([...copy.a, copy.b].map((zero) => Object.is(zero, 0))).toEqual([true, true, true]);
  expect(Object.is(plainJson(-0), 0)).toBe(true);
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

/** Two in a list of two in a list of two: as large as a tree as it is small in memory. */
function shared(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value, value];
  return value;
}
