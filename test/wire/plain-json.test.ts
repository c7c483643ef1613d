import { assert, jsonValue, property } from "fast-check";
import { expect, it } from "vitest";
import { plainJson } from "../../src/wire/plain-json.ts";

it("copies any JSON", () => {
  const same = property(jsonValue(), (value) => {
    // JSON has no negative zero.
    expect(JSON.stringify(plainJson(value))).toBe(JSON.stringify(value));
  });
  assert(same, { numRuns: 200 });
});

it.each([
  ["undefined", undefined, null],
  ["an undefined property", { a: undefined, b: 1 }, { b: 1 }],
  ["a hole in an array", new Array(2), [null, null]],
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

it("keeps a property named __proto__ a property", () => {
  const copy = plainJson(JSON.parse('{"__proto__":{"admin":true}}'));
  expect(Object.keys(copy as object)).toEqual(["__proto__"]);
  expect((copy as { admin?: boolean }).admin).toBeUndefined();
});

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
  ["nesting of 202", nested(202), /deeper than 200/],
  ["a million values", Array.from({ length: 1_000_000 }, () => 0), /more than 1000000 values/],
])("refuses %s and says where", (_, value, message) => {
  expect(() => plainJson(value)).toThrow(message);
});

it("allows nesting of 200", () => {
  expect(plainJson(nested(200))).toEqual(nested(200));
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}
