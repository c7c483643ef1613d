import { describe, expect, it } from "vitest";
import type { AsideTask, ReadInput } from "../../../src/tools/schema/input-reader.ts";
import readAside from "../../../src/tools/schema/read-aside.ts";
import { serverReader } from "../../../src/tools/schema/server-reader.ts";
import { areUnique } from "../../../src/tools/schema/unique-items.ts";
import { defineTool } from "../../../src/tools/tool.ts";
import type { Json, JsonSchema } from "../../../src/wire/json.ts";
import fc from "../../fixtures/properties.ts";

const read = (input: JsonSchema, said: Json): ReadInput =>
  defineTool({ name: "t", description: "A tool.", input, execute: () => null }).read(
    said,
  ) as ReadInput;
const property = (schema: Json, more: JsonSchema = {}): JsonSchema => ({
  ...{ type: "object", properties: { a: schema }, ...more },
});

const URLS = {
  4: "http://json-schema.org/draft-04/schema#",
  6: "http://json-schema.org/draft-06/schema#",
  7: "http://json-schema.org/draft-07/schema#",
  2019: "https://json-schema.org/draft/2019-09/schema",
  2020: "https://json-schema.org/draft/2020-12/schema",
};

describe("a schema of any draft is read as what it says", () => {
  it.each<[string, JsonSchema, Json, Json]>([
    ["4, a bound", property({ minimum: 1, exclusiveMinimum: true }), { a: 2 }, { a: 1 }],
    [
      "4, definitions and identifiers",
      property({ $ref: "#/definitions/n" }, {
        id: "http://example.com/root",
        definitions: { n: { type: "number" } },
      } as JsonSchema),
      { a: 1 },
      { a: "x" },
    ],
    [
      "4, a list of items",
      property({ items: [{ type: "number" }], additionalItems: false }),
      { a: [1] },
      { a: [1, 2] },
    ],
    ["6, a bound", property({ exclusiveMinimum: 1 }), { a: 2 }, { a: 1 }],
    ["6, contains", property({ contains: { const: 1 } }), { a: [2, 1] }, { a: [2] }],
    [
      "7, conditions",
      property(
        JSON.parse('{"if":{"type":"number"},"then":{"minimum":5},"else":{"minLength":2}}') as Json,
      ),
      { a: 5 },
      { a: 4 },
    ],
    ["7, dependencies", property({}, { dependencies: { a: ["b"] } }), { a: 1, b: 2 }, { a: 1 }],
    [
      "2019, what was not looked at",
      property({}, { unevaluatedProperties: false }),
      { a: 1 },
      { b: 1 },
    ],
    ["2019, dependencies", property({}, { dependentRequired: { a: ["b"] } }), {}, { a: 1 }],
    [
      "2019, an anchor",
      property({ $ref: "#n" }, { $defs: { n: { $anchor: "n", type: "number" } } } as JsonSchema),
      { a: 1 },
      { a: "x" },
    ],
    [
      "2020, the first items",
      property({ prefixItems: [{ type: "number" }], items: false }),
      { a: [1] },
      { a: [1, 2] },
    ],
    [
      "2020, a dynamic reference",
      property({ $dynamicRef: "#n" }, {
        $defs: { n: { $dynamicAnchor: "n", type: "number" } },
      } as JsonSchema),
      { a: 1 },
      { a: "x" },
    ],
  ])("draft %s, with `$schema` and without", (title, schema, fits, unfit) => {
    const year = Number.parseInt(title, 10) as keyof typeof URLS;
    for (const given of [schema, { $schema: URLS[year], ...schema }, { $schema: "?", ...schema }]) {
      expect([title, read(given, fits).valid, read(given, unfit).valid]).toEqual([
        ...[title, true, false],
      ]);
    }
  });

  it.each<[string, JsonSchema]>([
    ["a type that nobody knows", property({ type: "tree" })],
    ["a reference to nothing", property({ $ref: "#/$defs/none" })],
    [
      "a circle of references",
      property({ $ref: "#/$defs/a" }, {
        $defs: { a: { allOf: [{ $ref: "#/$defs/a" }] } },
      } as JsonSchema),
    ],
    ["a pattern that is none", property({ pattern: "(" })],
    ["a key's pattern that is none", property({ patternProperties: { "(": {} } })],
    ["a bound that is a text", property({ minimum: "1" })],
    ["an empty enum", property({ enum: [] })],
    ["a list for a schema", property({ not: [] })],
  ])("with %s is refused at once", (_, schema) => {
    expect(() => read(schema, {})).toThrow(/does not compile/);
  });
});

describe("an input", () => {
  it("may have the names of what every object has, but for `__proto__`", () => {
    const schema = { properties: { constructor: { type: "number" } } } as JsonSchema;
    expect(read(schema, {})).toMatchObject({ valid: true });
    const said = JSON.parse('{"__proto__":{"b":1},"constructor":"2"}') as Json;
    const { value } = read(schema, said) as { value?: object };
    expect(JSON.stringify(value)).toBe('{"__proto__":{"b":1},"constructor":2}');
    expect([value, {}].map((one) => Reflect.get(one ?? {}, "b"))).toEqual([undefined, undefined]);
    const odd = JSON.parse('{"properties":{"__proto__":{"type":"number"}}}') as JsonSchema;
    expect(() => read(odd, {})).toThrow(/at \/properties has a key "__proto__"/);
  });

  it("that is all a text is read as its object", () => {
    expect(read(property({ type: "number" }), '{"a":"1"}')).toMatchObject({
      value: { a: 1 },
      read: [
        { path: "", as: "object" },
        { path: "/a", as: "number" },
      ],
    });
  });

  it("is refused when it nests 5,000 levels", () => {
    let deep: Json = 1;
    for (let level = 0; level < 5_000; level += 1) deep = [deep];
    expect(read(property({}), { a: deep })).toMatchObject({
      issues: [{ message: "must not nest deeper than 200 levels" }],
    });
  });

  const branches = [
    property({ type: "number" }, { required: ["a"] }),
    property({ type: "array", items: { type: "number" } }, { required: ["a"] }),
  ];

  it.each<[string, Json, unknown]>([
    ["a number", { u: { a: "1" } }, { u: { a: 1 } }],
    ["a list", { u: { a: "[1]" } }, { u: { a: [1] } }],
    ["a list of texts", { u: { a: '["1"]' } }, { u: { a: [1] } }],
  ])("is read within a union where all of it fits then: %s", (_, said, value) => {
    const schema = { type: "object", properties: { u: { anyOf: branches } } };
    expect(read(schema, said)).toMatchObject({ valid: true, value });
  });

  it("is left as it is within a union where it would fit two of one", () => {
    const schema = property({ oneOf: [{ type: "number" }, { type: "integer" }] });
    expect(read(schema, { a: "1" })).toMatchObject({ valid: false });
  });

  it("of two faults has the one mended within a union though the other is not", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "number" }, u: { anyOf: branches } },
    };
    expect(read(schema, { a: "1", u: { a: "x" } })).toMatchObject({
      valid: false,
      issues: expect.not.arrayContaining([expect.objectContaining({ path: "/a" })]),
    });
  });
});

const leaf = fc.constantFrom<JsonSchema>(
  ...(["string", "number", "integer", "boolean", "null"].map((type) => ({ type })) as JsonSchema[]),
  { enum: [1, "a", true] },
  { type: ["string", "number"] },
);
const { schema: schemas } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.record({ type: fc.constant("array"), items: tie("schema") }) as fc.Arbitrary<JsonSchema>,
    fc
      .tuple(fc.dictionary(fc.constantFrom("a", "b", "c"), tie("schema")), fc.subarray(["a", "b"]))
      .map(([properties, required]) => ({ type: "object", properties, required })),
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
  ),
}));
const said = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<Json>(null, 1, "1", "true", "x", true, "[]", '["1"]', '{"a":"1"}', "{}", ""),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value")) as fc.Arbitrary<Json>,
    tie("value").map((value) => JSON.stringify(value)),
  ),
})).value;

/** Whether two values differ only by texts that are read and nulls that are left out. */
function isMeantBy(value: Json | undefined, from: Json | undefined): boolean {
  if (value === undefined) return from === null || from === undefined;
  if (typeof from === "string" && typeof value !== "string") {
    return value !== null && isMeantBy(value, JSON.parse(from) as Json);
  }
  if (typeof value !== "object" || value === null) return Object.is(value, from);
  if (typeof from !== "object" || from === null) return false;
  if (Array.isArray(value) !== Array.isArray(from)) return false;
  if (Array.isArray(value) && value.length !== (from as readonly Json[]).length) return false;
  const [one, other] = [value, from] as readonly { readonly [key: string]: Json }[];
  const keys = new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})]);
  return [...keys].every((key) => isMeantBy(one?.[key], other?.[key]));
}

it("what is read differs by texts of JSON and nulls alone, and fits", () => {
  fc.assert(
    fc.property(schemas, said, (inside, value) => {
      const input = { type: "object", properties: { x: inside }, required: [] };
      const first = read(input, { x: value });
      if (!first.valid) return;
      expect(isMeantBy(first.view, { x: value })).toBe(true);
      expect(read(input, first.view)).toMatchObject({ valid: true, read: [], value: first.view });
    }),
    { numRuns: 200 },
  );
});

it("items are unique exactly where no two are equal", () => {
  const item = fc.constantFrom<Json>(
    ...[0, "0", -0, null, "null", true, "true", [], "[]", [[]], {}, "{}", [{}], ["{}"], [","]],
    ...[{ a: 1, b: 2 }, { b: 2, a: 1 }, { "1": 1, a: [] }, ["a", "b"], ["a,b"], ['a","b']],
  );
  const isEqual = (one: Json, other: Json): boolean => {
    try {
      expect(JSON.parse(JSON.stringify(one))).toEqual(JSON.parse(JSON.stringify(other)));
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(item, item, (one, other) => {
      expect([one, other, areUnique([one, other])]).toEqual([one, other, !isEqual(one, other)]);
    }),
    { numRuns: 400 },
  );
});

describe("an input that is read on another thread", () => {
  const aside = async ({ schema, input }: AsideTask) =>
    readAside(structuredClone({ schema, input })) as ReadInput;

  it("is read as it would be here", async () => {
    const input = property({ type: "array", items: { type: "number" } });
    const { read: reader } = defineTool({
      ...{ name: "t", description: "A tool.", input, execute: () => null },
    });
    const list = Array.from({ length: 240_000 }, () => 1);
    expect(await reader({ a: JSON.stringify(list) }, aside)).toMatchObject({
      value: { a: list },
      read: [{ path: "/a", as: "array" }],
    });
  });

  it("is given to a server as it is where its schema is of no use", async () => {
    const schema = property({ pattern: "^(a|a)*\\1$" });
    const failing = () => Promise.reject(new Error("no thread"));
    const reader = serverReader(schema);
    const said = { a: `${"a".repeat(40)}!` };
    expect(await reader(said, failing)).toEqual({ valid: true, value: said, view: said, read: [] });
  });
});

describe("the schema of a server", () => {
  let deep: Json = {};
  for (let level = 0; level < 20_000; level += 1) deep = { items: deep };

  it.each<[string, JsonSchema]>([
    ["refers to nothing", property({ $ref: "#/none" })],
    ["has patterns that are none", property({ pattern: "(" })],
    ["is no schema", { type: 5, properties: 7, required: "a" } as JsonSchema],
    ["nests 20,000 levels", property(deep)],
    ["has 10,000 properties", Object.fromEntries([["enum", Array(10_000).fill(1)]])],
  ])("is no check where it %s", (_, schema) => {
    expect(serverReader(schema)({ a: 1 })).toMatchObject({ valid: true, value: { a: 1 } });
  });

  it("fills in no defaults: the server does", () => {
    const schema = property({ type: "number", default: 5 }, { required: ["a"] });
    expect(serverReader(schema)({})).toMatchObject({ value: {} });
    expect(serverReader(schema)({ a: "1" })).toMatchObject({ value: { a: 1 } });
  });
});
