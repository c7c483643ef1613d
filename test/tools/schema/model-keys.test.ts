import { describe, expect, it } from "vitest";
import { schemaForModels } from "../../../src/tools/schema/model-schema.ts";
import type { Json, JsonSchema } from "../../../src/wire/json.ts";
import { KeyRenaming } from "../../../src/wire/renamed-keys.ts";

const text = { type: "string" } as const;

function shown(schema: unknown): JsonSchema {
  return schemaForModels(schema as JsonSchema).shown;
}

/** What a tool receives of what a model said. */
function received(schema: unknown, said: Json): Json {
  const { keys } = schemaForModels(schema as JsonSchema);
  return keys === undefined ? said : new KeyRenaming(keys).restore(said);
}

describe("a key that the service does not take", () => {
  it.each([
    ["$filter", "filter"],
    ["filter[name]", "filter_name"],
    ["größe", "gro_e"],
    ["", "key"],
    ["日本", "key"],
    ["n".repeat(100), "n".repeat(64)],
    ["a b", "a_b"],
    ["\ud800", "key"],
    ["$constructor", "constructor_"],
    ["__proto__ ", "proto"],
  ])("%j is shown as %s, and comes back", (key, name) => {
    const schema = { type: "object", properties: { [key]: text }, required: [key] };
    expect(shown(schema)).toMatchObject({ properties: { [name]: text }, required: [name] });
    expect(received(schema, { [name]: "x", other: 1 })).toEqual({ [key]: "x", other: 1 });
    expect(received(schema, { [key]: "x" })).toEqual({ [key]: "x" });
  });

  it("gets a name that no other has", () => {
    const properties = { $a: {}, "@a": {}, a: {}, ["x".repeat(65)]: {}, ["x".repeat(66)]: {} };
    const names = Object.keys(shown({ type: "object", properties }).properties as object);
    const x = "x".repeat(62);
    expect(names).toEqual(["a_2", "a_3", "a", `${x}xx`, `${x}_2`]);
  });

  it("is renamed wherever its schema speaks of it", () => {
    const schema = {
      type: "object",
      properties: { $a: { title: "A" }, b: {} },
      required: ["$a"],
      dependentRequired: { $a: ["b"], b: ["$a"] },
      dependentSchemas: { $a: { required: ["$a", "b"] } },
      default: { $a: 1 },
      examples: [{ $a: 2, c: { $a: 3 } }],
      propertyNames: { enum: ["$a", "b"] },
      patternProperties: { "^\\$": {} },
      additionalProperties: false,
    };
    expect(shown(schema)).toEqual({
      type: "object",
      properties: { a: { title: "A" }, b: {} },
      required: ["a"],
      dependentRequired: { a: ["b"], b: ["a"] },
      dependentSchemas: { a: { required: ["a", "b"] } },
      default: { a: 1 },
      examples: [{ a: 2, c: { $a: 3 } }],
      propertyNames: { enum: ["$a", "b", "a"] },
      patternProperties: { "^\\$": {} },
      additionalProperties: false,
    });
  });

  const odd = { type: "object", properties: { $a: {} } };
  const [said, meant] = [{ a: 1 }, { $a: 1 }];
  it.each([
    ["in a property", { properties: { p: odd } }, { p: said }, { p: meant }],
    ["in a list", { properties: { p: { items: odd } } }, { p: [said, 3] }, { p: [meant, 3] }],
    [
      "in a tuple",
      { properties: { p: { prefixItems: [true, odd], items: false } } },
      { p: [said, said, said] },
      { p: [said, meant, said] },
    ],
    [
      "behind a tuple",
      { properties: { p: { prefixItems: [true], items: odd } } },
      { p: [said, said] },
      { p: [said, meant] },
    ],
    [
      "in other keys",
      { properties: { p: {} }, additionalProperties: odd },
      { p: said, q: said },
      { p: said, q: meant },
    ],
    [
      "in keys of a pattern",
      { patternProperties: { "^x-": odd }, additionalProperties: {} },
      { "x-1": said, y: said },
      { "x-1": meant, y: said },
    ],
    [
      "in a union",
      { properties: { p: { anyOf: [{ type: "string" }, odd] } } },
      { p: said },
      { p: meant },
    ],
    [
      "in a union at the root",
      { anyOf: [{ properties: { p: odd } }, { properties: { p: text } }] },
      { p: said },
      { p: meant },
    ],
    [
      "at the root of a union",
      { oneOf: [odd, { properties: { b: {} } }] },
      { ...said, b: said },
      { ...meant, b: said },
    ],
    [
      "in a definition",
      { properties: { p: { $ref: "#/definitions/O" } }, definitions: { O: odd } },
      { p: said },
      { p: meant },
    ],
    [
      "in itself",
      { properties: { $a: {}, p: { $ref: "#" } } },
      { ...said, p: { ...said, p: said } },
      { ...meant, p: { ...meant, p: meant } },
    ],
    ["under a renamed key", { properties: { "$ p": odd } }, { p: said }, { "$ p": meant }],
    [
      "under an inherited name",
      { properties: { constructor: odd } },
      { constructor: said },
      { constructor: meant },
    ],
    [
      "not in data that is free",
      { properties: { $a: {}, p: {} } },
      { ...said, p: said, q: [said] },
      { ...meant, p: said, q: [said] },
    ],
    ["not where the true key is said too", odd, { a: 1, $a: 2 }, { a: 1, $a: 2 }],
  ])("comes back %s", (_, schema, given, expected) => {
    expect(received({ type: "object", ...schema }, given as Json)).toEqual(expected);
    expect(JSON.stringify(shown({ type: "object", ...schema }))).not.toContain('"$a":');
  });

  it("comes back where a key of the input is one that objects inherit", () => {
    const given = JSON.parse('{"a":1,"__proto__":{"a":2},"constructor":3}') as Json;
    const restored = received(odd, given);
    expect(JSON.stringify(restored)).toBe('{"$a":1,"__proto__":{"a":2},"constructor":3}');
    const own = JSON.parse('{"type":"object","properties":{"__proto__":{"properties":{"$a":{}}}}}');
    expect(JSON.stringify(received(own, given))).toContain('"__proto__":{"$a":2}');
    expect(({} as { a?: unknown }).a).toBe(undefined);
  });

  it("is not what a pattern of the schema speaks of under its new name", () => {
    const patternProperties = { "^a": { type: "number" }, "^x-": {}, "(b+)+": {} };
    const schema = { type: "object", properties: { $a: text }, patternProperties };
    expect(shown({ ...schema, additionalProperties: false })).toEqual({
      type: "object",
      properties: { a: { title: "$a", type: "string" } },
      patternProperties: { "^x-": {} },
    });
    expect(shown({ ...schema, propertyNames: { pattern: "^[$]" } })).not.toHaveProperty(
      "propertyNames",
    );
  });

  it("is known by its title where it has none", () => {
    const properties = { größe: { type: "number" }, $b: { title: "B" } };
    expect(shown({ type: "object", properties }).properties).toEqual({
      gro_e: { type: "number", title: "größe" },
      b: { title: "B" },
    });
  });
});
