import { describe, expect, it } from "vitest";
import { amountOfChange, amountOfState, changed, fits, sumOf } from "../../src/wire/change.ts";
import type { Json } from "../../src/wire/json.ts";
import { STATE_BOUND } from "../../src/wire/machine-state.ts";

const set = (value: Json) => ({ type: "set", value }) as const;
const state = () => ({ list: [1, 2, 3], object: { a: 1, b: [] as Json[] }, text: "x" });

describe("a change", () => {
  it("is applied in its place, and leaves the rest as it is", () => {
    const change = {
      type: "fields",
      gone: ["text"],
      fields: {
        list: { type: "splice", at: 1, gone: 1, added: [8, 9] },
        object: {
          type: "fields",
          fields: { b: { type: "splice", at: 0, gone: 0, added: [null] }, constructor: set({}) },
        },
        text: set("new"),
      },
    } as const;
    const before = state();
    expect(fits(before, change)).toBe(true);
    expect(JSON.stringify(changed(before, change))).toBe(
      '{"list":[1,8,9,3],"object":{"a":1,"b":[null],"constructor":{}},"text":"new"}',
    );
  });

  it("takes more items than a call has arguments", () => {
    const added = Array.from({ length: 200_000 }, (_, n) => n);
    const list = changed([0, -1], { type: "splice", at: 1, gone: 0, added }) as Json[];
    expect([list.length, list[1], list.at(-1)]).toEqual([200_002, 0, -1]);
  });

  it.each<readonly [string, Parameters<typeof fits>[1]]>([
    ["a field of a list", { type: "fields", fields: { list: { type: "fields", fields: {} } } }],
    ["a field of a text", { type: "fields", fields: { text: { type: "fields", fields: {} } } }],
    ["within a field that is not there", fieldIn("other")],
    ["within a field that every object inherits", fieldIn("constructor")],
    ["a field that left it", { type: "fields", gone: ["text", "text2"], fields: {} }],
    ["within a field that is gone", { ...fieldIn("object"), gone: ["object"] }],
    ["an item of an object", { type: "items", items: [[0, set(1)]] }],
    ["an item behind the last", inList({ type: "items", items: [[3, set(1)]] })],
    ["items behind the last", inList({ type: "splice", at: 2, gone: 2, added: [] })],
    ["a place behind the last", inList({ type: "splice", at: 4, gone: 0, added: [] })],
  ])("fits no state that has not what it speaks of: %s", (_, change) => {
    expect(amountOfChange(change)).toBeDefined();
    expect(fits(state(), change)).toBe(false);
  });

  it.each<readonly [string, unknown]>([
    ["no object", null],
    ["of no kind", { type: "other" }],
    ["without a value", { type: "set" }],
    ["of fields that are none", { type: "fields", fields: [set(1)] }],
    ["of fields gone that are none", { type: "fields", gone: [1], fields: {} }],
    [
      "of the key __proto__",
      JSON.parse('{"type":"fields","fields":{"__proto__":{"type":"set","value":1}}}'),
    ],
    ["to a value with the key __proto__", JSON.parse('{"type":"set","value":{"__proto__":1}}')],
    [
      "of one item twice",
      {
        type: "items",
        items: [
          [0, set(1)],
          [0, set(2)],
        ],
      },
    ],
    ["of an item at no index", { type: "items", items: [[0.5, set(1)]] }],
    ["of an item alone", { type: "items", items: [[0]] }],
    ["of items that are no list", { type: "items", items: { length: 1 } }],
    ["of a hole", { type: "items", items: new Array(1) }],
    ["at no index", { type: "splice", at: -1, gone: 0, added: [] }],
    ["of no number of items", { type: "splice", at: 0, gone: "1", added: [] }],
    ["of added items that are no list", { type: "splice", at: 0, gone: 0, added: {} }],
  ])("is refused when it is %s", (_, change) => {
    expect(amountOfChange(change)).toBeUndefined();
  });

  it("may go as deep as a state, and no deeper", () => {
    const { depth } = STATE_BOUND;
    const nested = (levels: number): unknown =>
      levels === 0 ? set([]) : { type: "fields", fields: { a: nested(levels - 1) } };
    expect(amountOfChange(nested(depth - 1))).toBeDefined();
    expect(amountOfChange(nested(depth))).toBeUndefined();
    expect(amountOfChange(nested(100_000 / 20))).toBeUndefined();
  });

  it("counts against the bound with the state that it grows", () => {
    const { values, bytes } = STATE_BOUND;
    const one = amountOfChange(set(1));
    expect(one).toEqual({ values: 1, bytes: 1 });
    expect(amountOfState([1, 2])).toEqual({ values: 3, bytes: 5 });
    expect(sumOf({ values: values - 1, bytes: bytes - 1 }, one)).toEqual({ values, bytes });
    expect(sumOf({ values, bytes: 0 }, one)).toBeUndefined();
    expect(sumOf({ values: 0, bytes }, one)).toBeUndefined();
    expect(sumOf({ values: 0, bytes: 0 }, amountOfChange({}))).toBeUndefined();
  });
});

function fieldIn(name: string) {
  return { type: "fields", fields: { [name]: { type: "fields", fields: {} } } } as const;
}

function inList(change: Parameters<typeof fits>[1]): Parameters<typeof fits>[1] {
  return { type: "fields", fields: { list: change } };
}
