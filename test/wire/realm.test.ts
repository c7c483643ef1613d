import { createContext, runInContext } from "node:vm";
import { expect, it } from "vitest";
import { encodeError, describe as told } from "../../src/wire/error-codec.ts";
import { isPlainData, JSON_BOUND, plainJson, refusalOf } from "../../src/wire/json-bound.ts";
import { builtInOf, isError, isThenable } from "../../src/wire/realm.ts";
import { summaryOf } from "../../src/wire/summary.ts";

const realm = createContext({});
/** Of a realm whose classes are none of ours, as Jest has one for each test file. */
const far = (code: string): unknown => runInContext(`(${code})`, realm);

it("plain data of another realm is plain", () => {
  const value = far(`{ list: [1, { deep: [{}] }], bare: Object.create(null) }`);
  expect(refusalOf(value)).toBeUndefined();
  expect(isPlainData(value)).toBe(true);
  const copy = plainJson(value);
  expect(copy).toEqual({ list: [1, { deep: [{}] }], bare: {} });
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
});

it("data of many realms in one value is plain", () => {
  const parts = [1, 2, 3].map((n) => runInContext(`({ n: ${n} })`, createContext({})));
  expect(refusalOf([...parts, {}, ...parts])).toBeUndefined();
});

it.each([
  ["a map", "{ a: new Map() }", /\/a is a Map/],
  ["an error", "new RangeError('e')", /a Error/],
  ["a promise", "{ a: Promise.resolve() }", /a Promise/],
  ["bytes", "new Uint8Array(2)", /a Uint8Array/],
  ["a function", "() => 1", /it is a function/],
  ["a hole in a list", "[1, , 2]", /^its value at \/1 is a hole/],
  [
    "a hole that shows what its list inherits",
    "Object.setPrototypeOf([,], ['x'])",
    /\/0 is a hole/,
  ],
  ["a key __proto__", `JSON.parse('{"__proto__":{}}')`, /has a key "__proto__"/],
])("%s of another realm is refused as one of ours is", (_, code, message) => {
  expect(refusalOf(far(code))?.message).toMatch(message);
  expect(() => plainJson(far(code))).toThrow(message);
});

const bare = (fields: object): object => Object.assign(Object.create(null), fields);
const copyOfPrototype = Object.defineProperties(
  Object.create(null),
  Object.getOwnPropertyDescriptors(Object.prototype),
);
const lookalike = (value: unknown): object =>
  Object.defineProperty(bare({}), "constructor", { value });
const traps = { called: 0 };
const trapped = (target: object): object => {
  const trap = (): never => {
    traps.called += 1;
    throw new Error("a trap was called");
  };
  return new Proxy(target, {
    getPrototypeOf: trap,
    getOwnPropertyDescriptor: trap,
    ownKeys: trap,
  });
};

it.each<[string, object]>([
  ["a toJSON", bare({ toJSON: () => "surprise" })],
  ["a getter", Object.defineProperty(bare({}), "model", { get: () => "surprise" })],
  ["nothing", bare({})],
  ["all that Object.prototype has", copyOfPrototype],
  ["a constructor of this realm that is not its own", lookalike(Object)],
  ["a constructor of another that is not its own", lookalike(far("Object"))],
  ["a bound constructor", lookalike(Object.assign(Object.bind(null), { prototype: {} }))],
  ["a proxy for a constructor", lookalike(trapped(Object))],
  ["traps", trapped(Object.prototype)],
])("an object whose prototype has %s is not plain", (_, prototype) => {
  const value = Object.create(prototype) as object;
  expect(isPlainData(value)).toBe(false);
  expect(refusalOf({ value })?.message).toMatch(/\/value is|cannot be read/);
  expect(traps.called).toBe(0);
});

it("a realm whose objects inherit more than ours has none that is plain", () => {
  const spoilt = createContext({});
  const value = runInContext("Object.prototype.toJSON = () => 'surprise'; ({ a: 1 })", spoilt);
  expect(isPlainData(value)).toBe(false);
  expect(refusalOf(value)?.message).toMatch("it is a Object");
});

it("the built-in class of a prototype is known in every realm, and no other class is one", () => {
  for (const name of ["Object", "Map", "Date", "Uint8Array", "RangeError"]) {
    expect(builtInOf(far(`${name}.prototype`) as object)).toBe(name);
  }
  expect(builtInOf(far("(class Map {}).prototype") as object)).toBeUndefined();
  expect(builtInOf(far("(class extends Map {}).prototype") as object)).toBeUndefined();
});

it("an error of another realm is told in its own words", () => {
  const thrown = far("new TypeError('of another realm')");
  expect(isError(thrown)).toBe(true);
  expect(told(thrown)).toBe("of another realm");
  const { message, stack } = encodeError(thrown, "TOOL_FAILED");
  expect(message).toBe("of another realm.");
  expect(stack).toMatch(/^TypeError: of another realm\n/);
  expect(summaryOf({ thrown }, 1_000)).toEqual({
    thrown: { name: "TypeError", message: "of another realm" },
  });
});

it("what people are shown of values is the same in every realm", () => {
  const value = far("{ at: new Date(0), of: /x/g, map: new Map([['a', 1]]), set: new Set([1]) }");
  const at = "1970-01-01T00:00:00.000Z";
  expect(summaryOf(value, 1_000)).toEqual({ at, of: "/x/g", map: { a: 1 }, set: [1] });
});

it.each<[string, unknown, boolean]>([
  ["a promise", Promise.resolve(), true],
  ["a promise of another realm", far("Promise.resolve()"), true],
  ["an object with then", awaitable({ value: () => undefined }), true],
  ["an object whose then is text", awaitable({ value: "later" }), false],
  ["an object whose then throws", awaitable({ get: trappedGet }), false],
  ["nothing", undefined, false],
])("whether %s may be awaited", (_, value, expected) => {
  expect(isThenable(value)).toBe(expected);
});

it("the bound counts values of another realm", () => {
  const many = far(`Array.from({ length: ${JSON_BOUND.values} }, () => 0)`);
  expect(refusalOf(many)?.message).toMatch(/more than 250000 values/);
});

function awaitable(then: PropertyDescriptor): object {
  // biome-ignore lint/suspicious/noThenProperty: that is what is looked for.
  return Object.defineProperty({}, "then", then);
}

function trappedGet(): never {
  throw new Error("not to be asked");
}
