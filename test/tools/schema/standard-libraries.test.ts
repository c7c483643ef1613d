import { toJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import { Effect, Schema } from "effect";
import * as v from "valibot";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import * as mini from "zod/mini";
import { zodToJsonSchema } from "zod-to-json-schema";
import { z as z3 } from "zod3";
import type { StandardSchemaV1 } from "../../../src/tools/schema/standard-schema.ts";
import { defineTool } from "../../../src/tools/tool.ts";

const missing = vi.hoisted(() => new Set<string>());

vi.mock("node:module", async (original) => {
  const actual = await original<typeof import("node:module")>();
  const createRequire: typeof actual.createRequire = (from) => {
    const require = actual.createRequire(from);
    return ((name: string) => require(missing.has(name) ? `${name}-missing` : name)) as never;
  };
  return { ...actual, createRequire };
});

interface Library {
  readonly name: string;
  /** A number, a list, and texts: with a default, made a number, that may be left out. */
  readonly schema: StandardSchemaV1;
  /** By the library's own converter. */
  readonly shown: unknown;
  /** What no JSON Schema can hold. */
  readonly untold: StandardSchemaV1 | undefined;
}

const own = (schema: unknown): unknown =>
  (schema as { "~standard": { jsonSchema: { input(options: object): unknown } } })[
    "~standard"
  ].jsonSchema.input({ target: "draft-2020-12" });

const valibot = v.object({
  n: v.number(),
  list: v.array(v.string()),
  unit: v.optional(v.string(), "cm"),
  at: v.pipe(v.string(), v.transform(Number)),
  note: v.optional(v.pipe(v.string(), v.minLength(2))),
});
const zod3 = z3.object({
  n: z3.number(),
  list: z3.array(z3.string()),
  unit: z3.string().default("cm"),
  at: z3.string().transform(Number),
  note: z3.string().min(2).optional(),
});
const zod4 = z.object({
  n: z.number(),
  list: z.array(z.string()),
  unit: z.string().default("cm"),
  at: z.string().transform(Number),
  note: z.string().min(2).optional(),
});
const zodMini = mini.object({
  n: mini.number(),
  list: mini.array(mini.string()),
  unit: mini._default(mini.string(), "cm"),
  at: mini.pipe(mini.string(), mini.transform(Number)),
  note: mini.optional(mini.string().check(mini.minLength(2))),
});
const effect = Schema.Struct({
  n: Schema.Finite,
  list: Schema.Array(Schema.String),
  unit: Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("cm"))),
  at: Schema.FiniteFromString,
  note: Schema.optionalKey(Schema.String.check(Schema.isMinLength(2))),
});
const arktype = type({
  n: "number",
  list: "string[]",
  unit: "string = 'cm'",
  at: type("string").pipe(Number),
  "note?": "string >= 2",
});

const libraries: readonly Library[] = [
  {
    name: "valibot",
    schema: valibot,
    shown: toJsonSchema(valibot, { typeMode: "input", target: "draft-2020-12" }),
    untold: v.object({ at: v.date() }),
  },
  {
    name: "zod 3",
    schema: zod3 as StandardSchemaV1,
    shown: zodToJsonSchema(zod3 as never, { pipeStrategy: "input" }),
    untold: z3.object({ at: z3.date() }) as StandardSchemaV1,
  },
  { name: "zod 4", schema: zod4, shown: own(zod4), untold: z.object({ at: z.date() }) },
  {
    name: "zod/mini",
    schema: zodMini as StandardSchemaV1,
    shown: z.toJSONSchema(zodMini, { io: "input" }),
    untold: mini.object({ at: mini.date() }) as StandardSchemaV1,
  },
  {
    name: "effect",
    schema: Schema.toStandardSchemaV1(effect),
    shown: own(Schema.toStandardJSONSchemaV1(effect)),
    untold: undefined,
  },
  {
    name: "arktype",
    schema: arktype,
    shown: arktype.in.toJsonSchema(),
    untold: type({ at: "Date" }),
  },
];

const toolOf = (input: StandardSchemaV1) =>
  defineTool({ name: "t", description: "A tool.", input, execute: () => null });
const fits = { n: 1, list: ["a"], at: "7" };

describe.each(libraries)("an input of $name", ({ schema, shown, untold }) => {
  it("is shown to models as the library describes it, before transformations", () => {
    const { inputSchema } = toolOf(schema);
    expect(inputSchema).toEqual(shown);
    expect(inputSchema).toMatchObject({
      type: "object",
      properties: {
        n: { type: "number" },
        list: { type: "array", items: { type: "string" } },
        unit: { type: "string" },
        at: { type: "string" },
        note: { type: "string" },
      },
    });
    expect([...(inputSchema.required as string[])].sort()).toEqual(["at", "list", "n"]);
  });

  it("is handed on as the library makes it, defaults and transformations done", () => {
    expect(toolOf(schema).read(fits)).toEqual({
      valid: true,
      value: { n: 1, list: ["a"], at: 7, unit: "cm" },
      view: { n: 1, list: ["a"], at: 7, unit: "cm" },
      read: [],
    });
  });

  it("is read as what was meant where it does not fit", () => {
    expect(toolOf(schema).read({ n: "1", list: '["a","2"]', at: "7", note: null })).toMatchObject({
      valid: true,
      value: { n: 1, list: ["a", "2"], at: 7, unit: "cm" },
      read: expect.arrayContaining([
        { path: "/n", as: "number" },
        { path: "/list", as: "array" },
        { path: "/note", as: "left out" },
      ]),
    });
  });

  it.each([
    ["a text that is no number", { ...fits, n: "one" }, "/n"],
    ["a number where a text is wanted", { ...fits, at: 7 }, "/at"],
    ["null where a value is needed", { ...fits, n: null }, "/n"],
    ["a text that is too short", { ...fits, note: "5" }, "/note"],
  ])("is refused with %s", (_, input, path) => {
    expect(toolOf(schema).read(input)).toMatchObject({
      valid: false,
      issues: expect.arrayContaining([expect.objectContaining({ path })]),
    });
  });

  it("is refused at once where a model cannot be told of it, and says what to pass", () => {
    if (untold === undefined) return;
    expect(() => toolOf(untold)).toThrow(
      expect.objectContaining({
        code: "OPTIONS_INVALID",
        message: expect.stringMatching(/Give its JSON Schema as `inputSchema`/),
      }),
    );
    const inputSchema = { type: "object", properties: { at: { type: "string" } } };
    const base = { name: "t", description: "A tool.", execute: () => null };
    expect(defineTool({ ...base, input: untold, inputSchema }).inputSchema).toEqual(inputSchema);
  });
});

describe("an input of effect", () => {
  it("is read as JSON: a date as its text", () => {
    const input = Schema.toStandardSchemaV1(Schema.Struct({ at: Schema.Date }));
    const tool = toolOf(input);
    expect(tool.inputSchema).toMatchObject({ properties: { at: { type: "string" } } });
    expect(tool.read({ at: "2026-01-02T00:00:00.000Z" })).toMatchObject({
      value: { at: new Date("2026-01-02") },
      view: { at: "2026-01-02T00:00:00.000Z" },
    });
  });
});

describe("an input of a library that is not known", () => {
  const validate = (value: unknown) => ({ value });
  const standard = { version: 1, vendor: "unheard-of", validate } as const;

  it("is shown by Standard JSON Schema", () => {
    const shown = { type: "object", properties: { a: { type: "number" } } };
    const input = { "~standard": { ...standard, jsonSchema: { input: () => shown } } };
    expect(toolOf(input).inputSchema).toEqual(shown);
  });

  it("is refused without, never shown as any object", () => {
    expect(() => toolOf({ "~standard": standard })).toThrow(
      /Give its JSON Schema as `inputSchema`/,
    );
  });
});

it.each([
  ["valibot", valibot, "@valibot/to-json-schema"],
  ["zod", zod3, "zod-to-json-schema"],
])("an input of %s without its converter says what to install or to pass", (name, input, peer) => {
  missing.add(peer);
  try {
    expect(() => toolOf(input as StandardSchemaV1)).toThrow(
      new RegExp(`of ${name}, whose schemas "${peer}" describes: install it.*\`inputSchema\``),
    );
  } finally {
    missing.delete(peer);
  }
});
