import { runInNewContext, runInThisContext } from "node:vm";
import { expect, it } from "vitest";
import { createActor, createMachine } from "xstate";
import { decodeValue, encodeValue } from "../../src/agents/encoded-value.ts";
import { KeptValue, MAX_DIGITS, MAX_VALUES } from "../../src/agents/kept-value.ts";
import { restoreKept } from "../../src/agents/machine-state.ts";
import { isFromHost } from "../../src/wire/frame-check.ts";
import { MAX_ENCODED_CHARACTERS } from "../../src/wire/machine-state.ts";

const root = createActor(createMachine({}));

it.each([
  ["holes without end", "[[-7,4294967295]]"],
  ["holes without end, in pieces", `[[1,2],[-7,${MAX_VALUES}],[-7,1]]`],
  ["holes of a length that is none", '[[-7,"many"]]'],
  ["digits without end", `[["BigInt","${"9".repeat(MAX_DIGITS + 2)}"]]`],
  ["a text without end", `["${"x".repeat(MAX_ENCODED_CHARACTERS)}"]`],
  ["a depth without end", `[${Array.from({ length: 100_000 }, (_, n) => `[${n + 1}]`)},1]`],
  ["a place that is not there", "[[7]]"],
  ["a prototype", '[{"__proto__":1},2]'],
  ["no list", "5"],
  ["no JSON", "x"],
])("%s are refused, in no time", (_, text) => {
  const began = performance.now();
  const read = () => decodeValue(text).refer(root);
  expect(read).toThrow(expect.objectContaining({ code: "MACHINE_INVALID" }));
  expect(performance.now() - began).toBeLessThan(10_000);
});

it("what is at the edge is read", () => {
  expect(decodeValue(`[[-7,${MAX_VALUES}]]`).value).toHaveLength(MAX_VALUES);
  const digits = "9".repeat(MAX_DIGITS);
  expect(decodeValue(`[["BigInt","${digits}"]]`).value).toBe(BigInt(digits));
});

it("a value is the same after it was written and read", () => {
  const value = { list: [new Date(0), undefined], map: new Map([["self", root]]) };
  const text = encodeValue(value, "it", root);
  const decoded = restoreKept({ plain: null, encoded: text });
  decoded.refer(root);
  expect(decoded.value).toEqual(value);
  expect((decoded.value as typeof value).map.get("self")).toBe(root);
});

it.each([
  ["a state whose text is none", { state: { encoded: 5 } }],
  ["a state whose text is too long", { state: { encoded: "x".repeat(2 ** 24 + 1) } }],
  ["states without end", { value: "a", passed: Array.from({ length: 100 }, () => "a") }],
  ["states that are no JSON", { value: "a", passed: [new Map()] }],
  ["a count that is none", { value: "a", leftOut: -1 }],
  ["an emitted event that is no JSON", { commands: [{ type: "emitted", event: new Date() }] }],
])("%s in a frame are no frame of an honest host", (_, fields) => {
  const frame = { path: "/a", incarnation: 1, upTo: 0, busy: false, commands: [] };
  expect(isFromHost({ frames: [frame] })).toBe(true);
  expect(isFromHost({ frames: [{ ...frame, ...fields }] })).toBe(false);
});

it("values of another realm are kept as those of ours are", () => {
  const made = `({ at: new Date(0), map: new Map([["a", new Set([1])]]), bytes: new Uint8Array(2),
    of: /x/g, failed: new RangeError("far"), plain: { list: [{}] } })`;
  const value = runInNewContext(made);
  const walk = new KeptValue("it", root);
  const plain = walk.copy(value, root) ?? null;
  const { isRich } = walk;
  const error = { name: "RangeError", message: "far" };
  const shown = { at: "1970-01-01T00:00:00.000Z", map: { a: [1] }, bytes: "2 bytes", of: "/x/g" };
  expect(plain).toEqual({ ...shown, failed: error, plain: { list: [{}] } });
  expect(isRich).toBe(true);
  const back = decodeValue(encodeValue(value, "it", root)).value;
  const map = new Map([["a", new Set([1])]]);
  const kept = { at: new Date(0), map, bytes: new Uint8Array(2), of: /x/g };
  expect(back).toEqual({ ...kept, failed: new RangeError("far"), plain: { list: [{}] } });
  const extended = runInNewContext("new (class extends Map {})()");
  expect(() => new KeptValue("it", root).copy(extended, root)).toThrow("an object of a class");
});

it.each(["new (class Stack extends Array {})(3)", "Object.setPrototypeOf([1], null)"])(
  "a list of a class of its own, which would come back as a plain one, is refused: %s",
  (made) => {
    for (const list of [runInThisContext(made), runInNewContext(made)]) {
      const copy = () => new KeptValue("it", root).copy({ list }, root);
      expect(copy).toThrow(/it cannot be kept: list is (a Stack|an object of a class)/);
    }
    expect(new KeptValue("it", root).copy(runInNewContext("[[]]"), root)).toEqual([[]]);
  },
);
