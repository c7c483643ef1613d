import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { schemaForModels } from "../../../src/tools/schema/model-schema.ts";
import { defineTool } from "../../../src/tools/tool.ts";
import type { JsonSchema } from "../../../src/wire/json.ts";

const ajv = new Ajv2020({ strict: false });
const text = { type: "string" } as const;

/** What a model is shown, which is valid JSON Schema 2020-12. */
function shown(schema: unknown): JsonSchema {
  const { shown } = schemaForModels(schema as JsonSchema);
  ajv.compile(shown);
  ajv.removeSchema(shown);
  return shown;
}

function ofZod(input: z.ZodType): JsonSchema {
  const tool = defineTool({ name: "t", description: "", input, execute: () => null });
  const { $schema: _, ...schema } = shown(tool.inputSchema);
  return schema;
}

function properties(schema: unknown): JsonSchema {
  return shown({ type: "object", properties: schema }).properties as JsonSchema;
}

describe("a schema that the service takes", () => {
  it.each([
    ["of nothing", { type: "object" }],
    ["of properties", { type: "object", properties: { a: text }, required: ["a"] }],
    [
      "with definitions",
      { type: "object", properties: { a: { $ref: "#/$defs/A" } }, $defs: { A: text } },
    ],
    ["of itself", { type: "object", properties: { child: { $ref: "#" } } }],
    [
      "with a union inside",
      { type: "object", properties: { a: { anyOf: [text, { type: "null" }] } } },
    ],
    [
      "of draft 2020-12",
      { $schema: "https://json-schema.org/draft/2020-12/schema", type: "object" },
    ],
    ["with words of others", { type: "object", "x-order": 3, properties: { a: { example: 1 } } }],
    [
      "with a key of every letter",
      { type: "object", properties: { "aZ0_.-": text, ["n".repeat(64)]: {} } },
    ],
    ["with inherited names", { type: "object", properties: { constructor: text, toString: text } }],
    ["with a blank description", { type: "object", description: " " }],
  ])("%s is shown as it is", (_, schema) => {
    expect(schemaForModels(schema)).toEqual({ shown: schema });
    expect(schemaForModels(schema).shown).toBe(schema);
  });
});

describe("a root that is no plain object", () => {
  it("of a union shows the properties of all branches, and requires what each does", () => {
    const a = { properties: { kind: { const: "a" }, path: text }, required: ["kind", "path"] };
    const b = { properties: { kind: { const: "b" }, url: text }, required: ["kind", "url"] };
    for (const union of ["anyOf", "oneOf"]) {
      expect(shown({ type: "object", [union]: [a, b] })).toEqual({
        type: "object",
        description: 'Takes one of these forms: { kind: "a", path } or { kind: "b", url }.',
        properties: { kind: { enum: ["a", "b"] }, path: text, url: text },
        required: ["kind"],
      });
    }
  });

  it("keeps the description and definitions of its own", () => {
    const $defs = { A: { properties: { a: text } }, B: { properties: { b: text } } };
    const anyOf = [{ $ref: "#/$defs/A" }, { $ref: "#/$defs/B" }];
    expect(shown({ description: "Finds.", anyOf, $defs })).toEqual({
      type: "object",
      description: "Finds.\nTakes one of these forms: { a? } or { b? }.",
      properties: { a: text, b: text },
      $defs,
    });
  });

  it("of variants of one property shows them as a union there", () => {
    const of = (type: string) => ({ properties: { v: { type } }, required: ["v"] });
    expect(shown({ oneOf: [of("string"), of("number"), of("string")] })).toEqual({
      type: "object",
      properties: { v: { anyOf: [text, { type: "number" }] } },
      required: ["v"],
    });
  });

  it("of an intersection requires what any part does", () => {
    const allOf = [
      { properties: { a: text, n: { minimum: 1 } }, required: ["a"] },
      { properties: { b: text, n: { maximum: 9 } }, required: ["b"] },
    ];
    expect(shown({ allOf })).toEqual({
      type: "object",
      properties: { a: text, n: { minimum: 1, maximum: 9 }, b: text },
      required: ["a", "b"],
    });
  });

  it("of unions in unions and intersections is resolved to the bottom", () => {
    const one = (key: string) => ({ properties: { [key]: text }, required: [key] });
    const schema = shown({
      ...one("base"),
      allOf: [{ anyOf: [one("a"), { oneOf: [one("b"), { allOf: [one("c"), one("d")] }] }] }],
    });
    expect(Object.keys(schema.properties as object)).toEqual(["base", "a", "b", "c", "d"]);
    expect(schema.required).toEqual(["base"]);
    expect(schema.description).toBe("Takes one of these forms: { a } or { b } or { c, d }.");
  });

  it.each([
    ["of a reference", { $ref: "#/$defs/A", $defs: { A: { properties: { a: text } } } }],
    [
      "of a reference into definitions",
      { $ref: "#/definitions/A", definitions: { A: { properties: { a: text } } } },
    ],
    ["of an object or null", { type: ["object", "null"], properties: { a: text } }],
    ["of the type null", { type: null, properties: { a: text } }],
    ["of another type", { type: "string", properties: { a: text } }],
    ["without a type", { properties: { a: text } }],
    [
      "of a union with null",
      { anyOf: [{ properties: { a: text } }, { type: "null" }, { const: 3 }] },
    ],
    ["of parts that no object fits", { allOf: [{ type: "string" }], properties: { a: text } }],
    ["of a reference through a circle", { anyOf: [{ $ref: "#" }], properties: { a: text } }],
  ])("%s is an object", (_, schema) => {
    const { $defs: _defs, ...rest } = shown(schema);
    expect(rest).toMatchObject({ type: "object" });
    expect(rest).not.toHaveProperty("$ref");
    expect(rest).not.toHaveProperty("anyOf");
    expect(rest.properties).toEqual({ a: text });
  });

  it("of values shows their fields", () => {
    expect(shown({ enum: [{ a: 1, b: 2 }, { a: 3 }, 4] })).toEqual({
      type: "object",
      description: "Takes one of these forms: { a: 1, b: 2 } or { a: 3 }.",
      properties: { a: { enum: [1, 3] }, b: { const: 2 } },
      required: ["a"],
    });
  });

  it("of conditions shows both ways, and what is refused", () => {
    const schema = JSON.parse(`{
      "properties": { "kind": { "enum": ["x", "y"] }, "v": { "type": "string" } },
      "if": { "properties": { "kind": { "const": "x" } } },
      "then": { "required": ["v"] },
      "else": { "properties": { "w": { "type": "string" } } },
      "not": { "required": ["z"] }
    }`);
    expect(shown(schema)).toEqual({
      type: "object",
      description:
        'Must not fit {"required":["z"]}.\nTakes one of these forms: { v, kind?: "x" } or { w? }.',
      properties: { kind: { enum: ["x", "y"] }, v: text, w: text },
    });
  });

  it("lists no more forms than can be read", () => {
    const anyOf = Array.from({ length: 500 }, (_, n) => ({ properties: { [`key_${n}`]: text } }));
    const { description, properties } = shown({ anyOf });
    expect(description).toMatch(/^Takes one of .* or \d+ more\.$/);
    expect((description as string).length).toBeLessThan(1_100);
    expect(Object.keys(properties as object)).toHaveLength(500);
  });

  it("is what zod makes of unions and intersections", () => {
    const [a, b] = [z.object({ a: z.string() }), z.object({ b: z.number() })];
    const forms = "Takes one of these forms: { a } or { b }.";
    const merged = { type: "object", properties: { a: text, b: { type: "number" } } };
    expect(ofZod(z.union([a, b]))).toEqual({ ...merged, description: forms });
    expect(ofZod(z.intersection(a, b))).toEqual({ ...merged, required: ["a", "b"] });
    const kinds = ["x", "y"].map((kind) => z.object({ kind: z.literal(kind), [kind]: z.string() }));
    expect(ofZod(z.discriminatedUnion("kind", kinds as never))).toMatchObject({
      properties: { kind: { type: "string", enum: ["x", "y"] }, x: text, y: text },
      required: ["kind"],
    });
    expect(ofZod(z.object({ a: z.string() }).nullable())).toEqual({
      type: "object",
      properties: { a: text },
      required: ["a"],
    });
  });
});

describe("a schema of another draft", () => {
  it.each([
    [
      "a bound that excludes itself",
      { minimum: 1, exclusiveMinimum: true },
      { exclusiveMinimum: 1 },
    ],
    ["one that does not", { maximum: 1, exclusiveMaximum: false }, { maximum: 1 }],
    ["a tuple", { items: [text], additionalItems: false }, { prefixItems: [text], items: false }],
    ["an empty tuple", { items: [] }, {}],
    ["`additionalItems` alone", { additionalItems: text }, {}],
    [
      "`dependencies`",
      { dependencies: { a: ["b"], c: text } },
      { dependentRequired: { a: ["b"] }, dependentSchemas: { c: text } },
    ],
    ["`divisibleBy`", { divisibleBy: 2 }, { multipleOf: 2 }],
    ["a type that is any", { type: "any" }, {}],
    ["a list with any", { type: ["any", "null"] }, {}],
    ["a type of null", { type: null }, {}],
    ["an empty list of types", { type: [] }, {}],
    ["a type twice", { type: ["string", "string"] }, { type: ["string"] }],
    ["a type of Python", { type: "int" }, { type: "integer" }],
    ["a type in capitals", { type: "STRING" }, text],
    [
      "types that are schemas",
      { type: ["string", { minimum: 3 }] },
      { anyOf: [text, { minimum: 3 }] },
    ],
    ["an empty enum", { enum: [] }, {}],
    ["an enum that is no list", { enum: "a" }, {}],
    [
      "null too",
      { type: "string", nullable: true, enum: ["a"] },
      { type: ["string", "null"], enum: ["a", null] },
    ],
    [
      "null or a reference",
      { $ref: "#", nullable: true },
      { anyOf: [{ $ref: "#" }, { type: "null" }] },
    ],
    ["not null", { type: "string", nullable: false }, text],
    ["properties that are none", { properties: ["a"] }, {}],
    ["`required` of null", { required: null }, {}],
    ["`required` of twice the same", { required: ["a", "a", 3] }, { required: ["a"] }],
    ["a pattern of Python", { pattern: "(?P<a>b)" }, {}],
    [
      "an impossible pattern of keys",
      { patternProperties: { "(": {}, b: {} } },
      { patternProperties: { b: {} } },
    ],
    ["a description that is none", { description: 5, title: [] }, {}],
    ["identifiers", { $id: "#a", id: "b", $anchor: "c", $schema: "d" }, {}],
    [
      "words of nobody with an identifier",
      { of: { $anchor: "#" }, is: { a: 1 } },
      { is: { a: 1 } },
    ],
    ["an empty union", { anyOf: [], oneOf: {} }, {}],
    ["a length that is none", { minLength: "3", maxItems: -1 }, {}],
    ["a schema that is none", { items: { items: "text" } }, { items: {} }],
    ["a property that is null", { properties: { a: null } }, { properties: { a: {} } }],
    ["a reference to nowhere", { $ref: "#/$defs/none", title: "t" }, { title: "t" }],
    ["a reference elsewhere", { $ref: "https://example.com/schema.json" }, {}],
    [
      "half of an emoji",
      { description: "a\ud83d", enum: ["\ude00"] },
      { description: "a\ufffd", enum: ["\ufffd"] },
    ],
  ])("has %s written as 2020-12 has it", (_, given, expected) => {
    expect(properties({ p: given })).toEqual({ p: expected });
  });

  it("has what a property says of its being required said by its object", () => {
    const a = { type: "string", required: true };
    expect(shown({ properties: { a, b: { required: false } }, required: null })).toEqual({
      type: "object",
      properties: { a: text, b: {} },
      required: ["a"],
    });
  });

  it("has every definition where references find it", () => {
    const schema = shown({
      type: "object",
      properties: {
        a: { $ref: "#/definitions/A" },
        b: { $ref: "#/properties/a" },
        c: { $ref: "#named" },
        d: { $ref: "#/definitions/Page%3CA%3E" },
        e: { $ref: "item.json" },
      },
      definitions: {
        A: text,
        "Page<A>": { items: { $ref: "#/definitions/Page<A>" } },
        N: { $id: "#x", $anchor: "named" },
        I: { id: "item.json", type: "integer" },
      },
    });
    expect(schema.properties).toEqual({
      a: { $ref: "#/$defs/A" },
      b: { $ref: "#/$defs/a" },
      c: { $ref: "#/$defs/N" },
      d: { $ref: "#/$defs/Page_A" },
      e: { $ref: "#/$defs/I" },
    });
    expect(schema.$defs).toMatchObject({
      a: { $ref: "#/$defs/A" },
      Page_A: { items: { $ref: "#/$defs/Page_A" } },
      I: { type: "integer" },
    });
    expect(schema).not.toHaveProperty("definitions");
  });

  it("has references cut that lead to themselves", () => {
    const $defs = { a: { $ref: "#/$defs/b" }, b: { allOf: [{ $ref: "#/$defs/a" }] } };
    const schema = shown({ type: "object", properties: { p: { $ref: "#/$defs/a" } }, $defs });
    const check = new Ajv2020({ strict: false }).compile(schema);
    expect(check({ p: 1 })).toBe(true);
  });
});

describe("a schema that is too much", () => {
  let deep: object = text;
  for (let level = 0; level < 20_000; level += 1) deep = { items: deep };
  const wide = Array.from({ length: 100_000 }, (_, n) => [`key ${n}`, text]);
  const chain = Array.from({ length: 5_000 }, (_, n) => [`d${n}`, { $ref: `#/$defs/d${n + 1}` }]);
  const twice = Array.from({ length: 60 }, (_, n) => {
    const next = { $ref: `#/definitions/d${n + 1}/items` };
    return [
      `d${n}`,
      { items: { allOf: [next, next], properties: { [`k${n}`]: { anyOf: [next, next] } } } },
    ];
  });
  const big = { properties: { p: { enum: Array.from({ length: 9_000 }, (_, n) => `v${n}`) } } };
  const many = Array.from({ length: 2_000 }, (_, n) => ({
    anyOf: [{ $ref: "#/$defs/big" }, { properties: { p: { const: n } } }],
  }));
  it.each([
    ["too deep", { type: "object", properties: { deep } }],
    ["of a megabyte", { type: "object", description: "x".repeat(1_000_000) }],
    ["of too many keys", { type: "object", properties: Object.fromEntries(wide) }],
    ["a long chain", { $ref: "#/$defs/d0", $defs: Object.fromEntries(chain) }],
    [
      "doubled again and again",
      { $ref: "#/definitions/d0/items", definitions: Object.fromEntries(twice) },
    ],
    ["merged again and again", { allOf: many, $defs: { big } }],
    [
      "a thousand unions",
      {
        allOf: Array.from({ length: 1_000 }, () => ({
          anyOf: [{ required: ["a"] }, { required: ["b"] }],
        })),
      },
    ],
  ])("%s is shown in no time", (_, schema) => {
    const before = performance.now();
    expect(shown(schema)).toMatchObject({ type: "object" });
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  it("is shown as any object, with the reason", () => {
    expect(shown({ type: "object", properties: { deep } })).toEqual({
      type: "object",
      description: "The schema of this input cannot be shown: it nests over 100 levels.",
    });
  });
});
