import { describe, expect, it } from "vitest";
import { good, mark, refusalOf } from "./messages-bodies.ts";

const tool = { name: "add", description: "Adds", input_schema: { type: "object" } };
const tools = (...cards: unknown[]) => ({ ...good, tools: cards });
const card = (more: object) => tools({ ...tool, ...more });
const schema = (more: object) => card({ input_schema: { type: "object", ...more } });
const keys = (key: string) => ({ type: "object", properties: { [key]: { type: "string" } } });

type Row = readonly [title: string, refused: unknown, words: string, taken: unknown];

const rows: readonly Row[] = [
  ["a list that is none", { ...good, tools: {} }, "tools: Input should be a valid list", tools()],
  ["a number", tools(5), "tools.0: Input should be a valid dictionary", tools(tool)],
  [
    "a type of its own",
    card({ type: "function" }),
    "tools.0: Input tag 'function' found",
    card({ type: "custom" }),
  ],
  [
    "its own field",
    card({ title: "a" }),
    "tools.0.custom.title: Extra inputs are not permitted",
    card({ strict: true }),
  ],
  ["no name", card({ name: undefined }), "tools.0.custom.name: Field required", card({})],
  [
    "an empty name",
    card({ name: "" }),
    "tools.0.custom.name: String should have at least 1",
    card({ name: "a" }),
  ],
  [
    "a name of 129 letters",
    card({ name: "a".repeat(129) }),
    "tools.0.custom.name: String should have at most 128 characters",
    card({ name: "a".repeat(128) }),
  ],
  [
    "a name with a slash",
    card({ name: "a/b" }),
    "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
    card({ name: "a__B-1" }),
  ],
  [
    "a name with a dot",
    card({ name: "a.b" }),
    "String should match pattern",
    card({ name: "a_b" }),
  ],
  [
    "a name with an umlaut",
    card({ name: "ä" }),
    "String should match pattern",
    card({ name: "a" }),
  ],
  [
    "a name that is taken",
    tools(tool, tool),
    "tools: Tool names must be unique.",
    tools(tool, { ...tool, name: "Add" }),
  ],
  [
    "a description that is no text",
    card({ description: null }),
    "tools.0.custom.description: Input",
    card({ description: "" }),
  ],
  [
    "no schema",
    card({ input_schema: undefined }),
    "tools.0.custom.input_schema: Field required",
    card({}),
  ],
  [
    "a schema that is a boolean",
    card({ input_schema: true }),
    "input_schema: Input should be",
    card({}),
  ],
  [
    "a schema without a type",
    card({ input_schema: {} }),
    "tools.0.custom.input_schema.type: Field required",
    schema({}),
  ],
  [
    "a schema of another type",
    card({ input_schema: { type: "string" } }),
    "input_schema.type: Input should be 'object'",
    schema({}),
  ],
  [
    "a list of types",
    card({ input_schema: { type: ["object"] } }),
    "type: Input should be 'object'",
    schema({}),
  ],
  ...["oneOf", "allOf", "anyOf"].map(
    (keyword): Row => [
      `${keyword} at the root`,
      schema({ [keyword]: [keys("a")] }),
      "custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top",
      schema({ properties: { a: { [keyword]: [keys("a")] } } }),
    ],
  ),
  ...["$filter", "filter[name]", "", "a b", "ä", "a".repeat(65)].map(
    (key): Row => [
      `the key ${JSON.stringify(key)}`,
      card({ input_schema: keys(key) }),
      "custom.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'",
      card({ input_schema: keys("a".repeat(64)) }),
    ],
  ),
  ...[
    { properties: { a: keys("$b") } },
    { properties: { a: { type: "array", items: keys("$b") } } },
    { properties: { a: { anyOf: [{ type: "null" }, keys("$b")] } } },
    { $defs: { a: keys("$b") } },
    { additionalProperties: keys("$b") },
    { not: keys("$b") },
  ].map(
    (inner): Row => [
      `a key deep in ${JSON.stringify(inner)}`,
      schema(inner),
      "Property keys should match pattern",
      JSON.parse(JSON.stringify(schema(inner)).replaceAll("$b", "b")),
    ],
  ),
  ...[
    { properties: { a: { type: "text" } } },
    { properties: { a: { exclusiveMinimum: true, minimum: 0 } } },
    { properties: { a: { type: "array", items: [{ type: "string" }] } } },
    { properties: { a: { pattern: "(" } } },
    { patternProperties: { "[": {} } },
    { properties: { a: { enum: "b" } } },
    { required: "a" },
    { required: ["a", "a"] },
    { properties: [] },
  ].map(
    (wrong): Row => [
      `the schema ${JSON.stringify(wrong)}`,
      schema(wrong),
      "tools.0.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020",
      schema({ required: ["a"], properties: { a: { exclusiveMinimum: 0, pattern: "a" } } }),
    ],
  ),
  [
    "a mark of its own",
    card({ cache_control: "ephemeral" }),
    "tools.0.custom.cache_control: Input should be",
    card(mark),
  ],
];

describe("a tool's card", () => {
  it.each(rows)("is refused with %s", (_, refused, words, taken) => {
    expect(refusalOf(refused)).toContain(words);
    expect(refusalOf(taken)).toBeUndefined();
  });

  it("may name another draft, and have any words in what is no schema", () => {
    const body = schema({
      $schema: "http://json-schema.org/draft-07/schema#",
      properties: {
        a: { enum: [{ properties: { $a: 1 } }], default: { properties: { "b c": 2 } } },
      },
    });
    expect(refusalOf(body)).toBeUndefined();
  });
});
