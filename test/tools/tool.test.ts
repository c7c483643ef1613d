import { Schema } from "effect";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import type { StandardSchemaV1 } from "../../src/tools/schema/standard-schema.ts";
import { defineTool, isTool } from "../../src/tools/tool.ts";
import { MAX_DELAY_MS } from "../../src/wire/clock.ts";

const object = { type: "object" } as const;
const effect = Schema.Struct({ a: Schema.Number });
const base = { name: "t", description: "A tool.", input: object, execute: () => null };

describe("defineTool", () => {
  it("returns a frozen tool with its defaults", () => {
    const tool = defineTool(base);
    expect(tool).toMatchObject({ name: "t", timeoutMs: 60_000, idempotent: false });
    expect(Object.isFrozen(tool)).toBe(true);
    expect(isTool(tool)).toBe(true);
    expect(isTool({ ...tool })).toBe(false);
  });

  it("tells `execute` the type of its input from a literal JSON Schema", () => {
    const tool = defineTool({
      ...base,
      input: {
        type: "object",
        properties: {
          a: { type: "number" },
          of: { type: "array", items: { enum: ["oak", "ash"] } },
        },
        required: ["a"],
      },
      execute: (input) => {
        expectTypeOf(input.a).toEqualTypeOf<number>();
        expectTypeOf(input.of).toEqualTypeOf<readonly ("oak" | "ash")[] | undefined>();
        return input.a + 1;
      },
    });
    expect(tool.execute({ a: 1 }, {} as never)).toBe(2);
  });

  it("tells `execute` the type of its input from a validator, and by hand", () => {
    defineTool({
      ...base,
      input: z.object({ at: z.string().transform(Number) }),
      execute: ({ at }) => expectTypeOf(at).toEqualTypeOf<number>(),
    });
    defineTool<{ readonly a: number }, number>({ ...base, execute: ({ a }) => a });
  });

  it.each([
    ["an empty name", { name: "" }, /name/],
    ["a name of 65 characters", { name: "n".repeat(65) }, /name/],
    ["a name with a slash", { name: "fs/read" }, /name/],
    ["a name with a line break", { name: "read\n" }, /name/],
    ["no name", { name: undefined }, /name/],
    ["the name spawn_agent", { name: "spawn_agent" }, /agent loop/],
    ["the name send_message", { name: "send_message" }, /agent loop/],
    ["the name wait_agents", { name: "wait_agents" }, /agent loop/],
    ["the name cancel_agent", { name: "cancel_agent" }, /agent loop/],
    ["no description", { description: undefined }, /description/],
    ["no execute", { execute: undefined }, /execute/],
    ["timeoutMs 0", { timeoutMs: 0 }, /timeoutMs 0/],
    ["a negative timeoutMs", { timeoutMs: -1 }, /timeoutMs -1/],
    ["timeoutMs NaN", { timeoutMs: Number.NaN }, /timeoutMs NaN/],
    ["timeoutMs Infinity", { timeoutMs: Number.POSITIVE_INFINITY }, /timeoutMs Infinity/],
    ["timeoutMs over a hundred years", { timeoutMs: MAX_DELAY_MS + 1 }, /timeoutMs 3155760000001/],
    ["timeoutMs as text", { timeoutMs: "5" }, /timeoutMs 5/],
    ["idempotent as text", { idempotent: "yes" }, /idempotent/],
    ["an unknown option", { timeout: 5 }, /unknown option "timeout"/],
    ["no input", { input: undefined }, /neither a JSON Schema nor/],
    ["an input of null", { input: null }, /neither a JSON Schema nor/],
    ["an input that is an array", { input: [] }, /neither a JSON Schema nor/],
    ["a shape of validators", { input: { a: z.string() } }, /a validator at \/a: pass one/],
    ["a validator in a schema", { input: { ...object, properties: { b: z.string() } } }, /\/b: p/],
    ["Effect's own schema", { input: effect }, /of Effect pass `Schema.standardSchemaV1/],
    ["a schema of a string", { input: { type: "string" } }, /describes "string"/],
    ["an unknown type", { input: { ...object, properties: { a: { type: "tree" } } } }, /compile/],
    ["a dangling reference", { input: { ...object, $ref: "#/$defs/none" } }, /compile/],
    ["a bad pattern", { input: { ...object, propertyNames: { pattern: "(" } } }, /compile/],
    ["a schema with a function", { input: { ...object, default: () => 1 } }, /not plain JSON/],
    ["a validator of a string", { input: z.string() }, /describes "string"/],
    ["a validator nobody can describe", { input: z.object({ at: z.date() }) }, /`inputSchema`/],
    ["a wrong inputSchema", { input: z.object({}), inputSchema: "object" }, /neither/],
  ])("refuses %s at once", (_, wrong, message) => {
    expect(() => defineTool({ ...base, ...wrong } as never)).toThrow(
      expect.objectContaining({ code: "OPTIONS_INVALID", message: expect.stringMatching(message) }),
    );
  });

  it.each([
    ["a name of 64 characters", { name: "n".repeat(64) }],
    ["every character a name may have", { name: "aZ0_.-" }],
    ["timeoutMs 1", { timeoutMs: 1 }],
    ["timeoutMs of a hundred years", { timeoutMs: MAX_DELAY_MS }],
    ["a schema without type", { input: {} }],
    ["unknown keywords and formats", { input: { ...object, example: 1, format: "tree" } }],
    ["draft 7", { input: { ...object, $schema: "http://json-schema.org/draft-07/schema#" } }],
    ["2020-12", { input: { ...object, $schema: "https://json-schema.org/draft/2020-12/schema" } }],
    ["a reference to its own root", { input: { ...object, properties: { a: { $ref: "#" } } } }],
    ["an object or null", { input: { type: ["object", "null"] } }],
    ["the same $id again", { input: { ...object, $id: "https://example.com/tree" } }],
    ["and again", { input: { ...object, $id: "https://example.com/tree" } }],
  ])("accepts %s", (_, fine) => {
    expect(isTool(defineTool({ ...base, ...fine } as never))).toBe(true);
  });
});

describe("what the model is shown", () => {
  it("is the JSON Schema as given, always of an object, and a copy", () => {
    const input = { properties: { a: { type: "number" } } };
    const tool = defineTool({ ...base, input });
    input.properties.a.type = "string";
    expect(tool.inputSchema).toEqual({ type: "object", properties: { a: { type: "number" } } });
  });

  it("is what a validator exports of itself", () => {
    const input = z.object({ a: z.number().optional(), b: z.string() });
    expect(defineTool({ ...base, input }).inputSchema).toMatchObject({
      type: "object",
      properties: { a: { type: "number" }, b: { type: "string" } },
      required: ["b"],
    });
  });

  it("is what the input looks like before a transformation", () => {
    const input = z.object({ at: z.string().transform(Number) });
    expect(defineTool({ ...base, input }).inputSchema).toMatchObject({
      properties: { at: { type: "string" } },
    });
  });

  it("is what a validator exports in its own way, when it knows no standard one", () => {
    const input = { ...bare, toJSONSchema: () => ({ type: "object", title: "its own" }) };
    expect(defineTool({ ...base, input }).inputSchema).toEqual({
      type: "object",
      title: "its own",
    });
  });

  it("is `inputSchema` for a validator that says nothing, which is refused without", () => {
    const inputSchema = { type: "object", title: "told" };
    expect(defineTool({ ...base, input: bare, inputSchema }).inputSchema).toEqual(inputSchema);
    expect(() => defineTool({ ...base, input: bare })).toThrow(/Give its JSON Schema as `inputSch/);
  });
});

describe("read", () => {
  const schema = {
    type: "object",
    properties: {
      list: { type: "array", items: { type: "number" } },
      kind: { enum: ["oak", "ash"] },
      "a/b~c": { type: "string" },
    },
    required: ["list"],
    additionalProperties: false,
  } as const;

  it("names every place where JSON Schema does not fit, as pointers", async () => {
    const { read } = defineTool({ ...base, input: schema });
    const input = { list: [1, "two"], kind: "elm", extra: 1, "a/b~c": 3 };
    expect(await read(input)).toEqual({
      valid: false,
      issues: expect.arrayContaining([
        { path: "/extra", message: "is not a known property" },
        { path: "/list/1", message: "must be number" },
        { path: "/kind", message: 'must be equal to one of the allowed values: ["oak","ash"]' },
        { path: "/a~1b~0c", message: "must be string" },
      ]),
    });
    expect(await read({})).toMatchObject({
      issues: [{ path: "/list", message: "is required" }],
    });
    expect(await read("text")).toMatchObject({
      issues: [{ path: "", message: "must be object" }],
    });
  });

  it("names at most 20 places", async () => {
    const { read } = defineTool({ ...base, input: schema });
    const checked = await read({ list: Array.from({ length: 100 }, () => "x") });
    expect(checked.valid === false && checked.issues).toHaveLength(20);
  });

  it("names the places of a Standard Schema the same way, and hands on what it made", async () => {
    const input = z.object({ a: z.object({ n: z.string().transform(Number) }) });
    const { read } = defineTool({ ...base, input });
    expect(await read({ a: { n: "7" } })).toMatchObject({ valid: true, value: { a: { n: 7 } } });
    expect(await read({ a: { n: 7 } })).toMatchObject({
      valid: false,
      issues: [{ path: "/a/n" }],
    });
  });

  it("waits for a validator that needs time", async () => {
    const input = z.object({ n: z.number().refine(async (n) => n > 0, "is too small") });
    const { read } = defineTool({ ...base, input });
    expect(await read({ n: 0 })).toMatchObject({
      issues: [{ path: "/n", message: "is too small" }],
    });
  });

  it("gives the tool a copy", async () => {
    const input = { list: [1] };
    const checked = await defineTool({ ...base, input: schema }).read(input);
    expect(checked).toMatchObject({ valid: true, value: input, view: input, read: [] });
    expect(checked.valid && checked.value).not.toBe(input);
  });
});

const bare: StandardSchemaV1 = {
  "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) },
};
