import { type } from "arktype";
import { Schema } from "effect";
import * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import * as mini from "zod/mini";
import { z as z3 } from "zod3";
import type { SchemaInput } from "../../../src/tools/schema/schema-input.ts";
import { defineTool } from "../../../src/tools/tool.ts";
import type { JsonSchema } from "../../../src/wire/json.ts";

const base = { name: "t", description: "A tool." };
const literal = {
  type: "object",
  properties: { a: { type: "number" }, b: { type: "string" } },
  required: ["a"],
} as const satisfies JsonSchema;
type Any = { readonly [key: string]: unknown };

describe("the input of `execute`", () => {
  it("has the type of a schema that stands there, or is constant elsewhere", () => {
    defineTool({
      ...base,
      input: { type: "object", properties: { a: { enum: ["x", "y"] } }, required: ["a"] },
      execute: (input) => expectTypeOf(input).toEqualTypeOf<{ readonly a: "x" | "y" }>(),
    });
    defineTool({
      ...base,
      input: { properties: { a: { type: "number" } } },
      execute: ({ a }) => expectTypeOf(a).toEqualTypeOf<number | undefined>(),
    });
    defineTool({
      ...base,
      input: literal,
      execute: (input) =>
        expectTypeOf(input).toEqualTypeOf<{ readonly a: number; readonly b?: string }>(),
    });
  });

  it("is an object of unknown fields for a schema that is not constant", () => {
    const json: JsonSchema = literal;
    const record: Record<string, unknown> = literal;
    const mcp: { [key: string]: unknown; type: "object"; required?: string[] } = { type: "object" };
    const untyped = JSON.parse(JSON.stringify(literal));
    const execute = (input: Any): number => Object.keys(input).length;
    defineTool({ ...base, input: json, execute: (i) => expectTypeOf(i).toEqualTypeOf<Any>() });
    defineTool({ ...base, input: record, execute: (i) => expectTypeOf(i).toEqualTypeOf<Any>() });
    defineTool({ ...base, input: mcp, execute: (i) => expectTypeOf(i).toEqualTypeOf<Any>() });
    defineTool({ ...base, input: untyped, execute: (i) => expectTypeOf(i).toEqualTypeOf<Any>() });
    defineTool({ ...base, input: json, execute });
    expectTypeOf<SchemaInput<{ readonly $ref: "other.json" }>>().toEqualTypeOf<Any>();
    const wide = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
    defineTool({
      ...base,
      input: wide,
      execute: (input) => expectTypeOf(input).toEqualTypeOf<{ readonly a?: unknown }>(),
    });
  });

  it("may be annotated, by an interface too", () => {
    interface Mine {
      readonly a: number;
      other?: string[];
    }
    const json: JsonSchema = literal;
    defineTool({ ...base, input: json, execute: (input: Mine) => input.other?.length });
    defineTool({ ...base, input: literal, execute: (input: { a: number | string }) => input.a });
    defineTool<Mine, number>({ ...base, input: json, execute: ({ a }) => a });
    expect(() =>
      defineTool({
        ...base,
        input: literal,
        // @ts-expect-error the schema says that it is a number
        execute: (input: { a: string }) => input.a,
      }),
    ).not.toThrow();
  });

  it("has the type that a validator makes of it", () => {
    defineTool({
      ...base,
      input: z.object({ a: z.string().transform(Number), b: z.string().default("x") }),
      execute: (input) => expectTypeOf(input).toEqualTypeOf<{ a: number; b: string }>(),
    });
    defineTool({
      ...base,
      input: z3.object({ a: z3.string().transform(Number), b: z3.string().default("x") }),
      execute: (input) => expectTypeOf(input).toEqualTypeOf<{ a: number; b: string }>(),
    });
    defineTool({
      ...base,
      input: mini.object({ a: mini.pipe(mini.string(), mini.transform(Number)) }),
      execute: (input) => expectTypeOf(input).toEqualTypeOf<{ a: number }>(),
    });
    defineTool({
      ...base,
      input: v.object({ a: v.pipe(v.string(), v.transform(Number)) }),
      execute: (input) => expectTypeOf(input).toEqualTypeOf<{ a: number }>(),
    });
    defineTool({
      ...base,
      input: type({ a: type("string").pipe(Number) }),
      execute: (input) => expectTypeOf(input).toEqualTypeOf<{ a: number }>(),
    });
    defineTool({
      ...base,
      input: Schema.toStandardSchemaV1(Schema.Struct({ a: Schema.FiniteFromString })),
      execute: (input) => expectTypeOf(input).toEqualTypeOf<{ readonly a: number }>(),
    });
    const shape = z.object({ a: z.array(z.unknown()), b: z.number().nullish() });
    defineTool({
      ...base,
      input: shape,
      execute: (input) => expectTypeOf(input).toEqualTypeOf<z.output<typeof shape>>(),
    });
  });
});

describe("the compiler refuses", () => {
  it("a misspelt option, and a use of the input that its schema does not allow", () => {
    const execute = (): number => 1;
    // @ts-expect-error descriptoin
    expect(() => defineTool({ ...base, descriptoin: "", input: literal, execute })).toThrow();
    defineTool({
      ...base,
      input: literal,
      // @ts-expect-error a number has no length
      execute: ({ a }) => a.length,
    });
    defineTool({
      ...base,
      input: literal,
      // @ts-expect-error there is no c
      execute: ({ c }) => c,
    });
    defineTool({
      ...base,
      input: literal,
      // @ts-expect-error it may be missing
      execute: ({ b }) => b.length,
    });
  });

  it("what is no schema, and a validator inside of one", () => {
    const execute = (): number => 1;
    // @ts-expect-error a text
    expect(() => defineTool({ ...base, input: "object", execute })).toThrow();
    // @ts-expect-error a bare shape
    expect(() => defineTool({ ...base, input: { a: z.string() }, execute })).toThrow();
    const inside = { type: "object", properties: { a: z.string() } };
    // @ts-expect-error a validator at a property
    expect(() => defineTool({ ...base, input: inside, execute })).toThrow();
  });
});
