import { expectTypeOf, it } from "vitest";
import { z } from "zod";
import type { FromJsonSchema } from "../../../src/tools/schema/from-json-schema.ts";
import type { SchemaInput } from "../../../src/tools/schema/schema-input.ts";
import { defineTool } from "../../../src/tools/tool.ts";
import type { JsonSchema } from "../../../src/wire/json.ts";

// What users of others reported: errors of the compiler, and types that were wrong or lost.

const base = { name: "t", description: "A tool." };
function typed<const S>(_schema: S): FromJsonSchema<S> {
  return undefined as never;
}

it("reads the schema of schemas (json-schema-to-ts 233)", () => {
  const meta = {
    $schema: "http://json-schema.org/draft-07/schema#",
    $id: "http://json-schema.org/draft-07/schema#",
    definitions: {
      schemaArray: { type: "array", minItems: 1, items: { $ref: "#" } },
      count: { type: "integer", minimum: 0 },
      countOr0: { allOf: [{ $ref: "#/definitions/count" }, { default: 0 }] },
      types: { enum: ["array", "boolean", "integer", "null", "number", "object", "string"] },
      texts: { type: "array", items: { type: "string" }, uniqueItems: true, default: [] },
    },
    type: ["object", "boolean"],
    properties: {
      title: { type: "string" },
      default: true,
      minLength: { $ref: "#/definitions/countOr0" },
      items: { anyOf: [{ $ref: "#" }, { $ref: "#/definitions/schemaArray" }], default: true },
      required: { $ref: "#/definitions/texts" },
      properties: { type: "object", additionalProperties: { $ref: "#" }, default: {} },
      type: {
        anyOf: [
          { $ref: "#/definitions/types" },
          { type: "array", items: { $ref: "#/definitions/types" }, minItems: 1 },
        ],
      },
      allOf: { $ref: "#/definitions/schemaArray" },
      not: { $ref: "#" },
    },
    default: true,
  } as const;
  type Meta = FromJsonSchema<typeof meta>;
  type Deep = Exclude<
    Exclude<Exclude<Meta, boolean>["not"], boolean | undefined>["allOf"],
    undefined
  >;
  expectTypeOf<Exclude<Deep[0], boolean>["minLength"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<Exclude<Meta, boolean>["properties"][string]>().not.toBeAny();
});

it("reads nested allOf, and choices that multiply (json-schema-to-ts 43, 204)", () => {
  const field = { type: "object", properties: { z: { type: "string" } }, required: ["z"] } as const;
  const nested = { allOf: [{ allOf: [{ allOf: [field, {}] }, {}] }, { title: "t" }] } as const;
  expectTypeOf<FromJsonSchema<typeof nested>>().toEqualTypeOf<{ readonly z: string }>();
  type Ten<K extends string> = {
    type: "object";
    properties: { [Key in K]: { type: "string" } };
    required: readonly [K];
  };
  type Choice<K extends string> = {
    oneOf: readonly [Ten<`${K}0`>, Ten<`${K}1`>, Ten<`${K}2`>, Ten<`${K}3`>, Ten<`${K}4`>];
  };
  type All = { allOf: readonly [Choice<"a">, Choice<"b">, Choice<"c">, Choice<"d">, Choice<"e">] };
  expectTypeOf<FromJsonSchema<All>>().not.toBeAny();
  expectTypeOf<FromJsonSchema<All>>().not.toBeNever();
});

it("adds no properties, and does not lose those of others (fastify 65, 6401, 199)", () => {
  const value = typed({
    type: "object",
    properties: { known: { type: "string" }, any: {}, deep: { type: "object" } },
    required: ["known"],
  });
  expectTypeOf<(typeof value)["known"]>().toEqualTypeOf<string>();
  expectTypeOf<keyof typeof value>().toEqualTypeOf<"known" | "any" | "deep">();
  const others = typed({
    type: "object",
    properties: { something: { type: "string" } },
    additionalProperties: { type: "string" },
  });
  expectTypeOf<(typeof others)[string]>().toEqualTypeOf<string>();
});

it("keeps null and missing apart (ajv 1664, 1622, 2163, 2283, 2310; fastify 254)", () => {
  const value = typed({
    type: "object",
    properties: {
      missing: { type: "string" },
      none: { type: ["number", "null"] },
      nullable: { type: "string", nullable: true, format: "uuid" },
      either: { anyOf: [{ type: "string", enum: ["a", "b"] }, { type: "null" }] },
      sorted: { enum: ["up", "down"], default: "up" },
    },
    required: ["none", "nullable"],
  });
  expectTypeOf(value).toEqualTypeOf<{
    readonly missing?: string;
    readonly none: number | null;
    readonly nullable: string | null;
    readonly either?: "a" | "b" | null;
    readonly sorted: "up" | "down";
  }>();
});

it("types `execute` of validators (mastra 16528; AI SDK 6876, 18053, 8611; tRPC 615, 1182)", () => {
  const search = z.object({ q: z.string().describe("x"), n: z.number().int().optional() });
  const schema = z.object({
    queries: z.array(search),
    hi: z.string().transform((text) => text.length),
    limit: z.number().default(5).describe("At most."),
    who: z.string().refine((text): text is "alice" | "bob" => text !== ""),
    about: z.preprocess((text) => (text === "" ? null : text), z.string().nullish()),
  });
  defineTool({
    ...base,
    input: schema,
    execute: (input) => {
      expectTypeOf(input).not.toBeAny();
      expectTypeOf(input).toEqualTypeOf<z.output<typeof schema>>();
      expectTypeOf(input.hi).toEqualTypeOf<number>();
    },
  });
  expectTypeOf<SchemaInput<z.ZodNever>>().toEqualTypeOf<never>();
});

it("works in a function of the user's own (json-schema-to-ts 56, typebox 1543, MCP 494)", () => {
  function paid<const S extends JsonSchema>(
    input: S,
    execute: (input: SchemaInput<S>) => string,
  ): unknown {
    return defineTool({ ...base, input, execute: (given: SchemaInput<S>) => execute(given) });
  }
  paid({ type: "object", properties: { a: { type: "string" } }, required: ["a"] }, ({ a }) => a);
  const inputs = { one: { type: "object", properties: { a: { const: 1 } } } } as const;
  const call = <K extends keyof typeof inputs>(_key: K, input: SchemaInput<(typeof inputs)[K]>) =>
    input;
  expectTypeOf(call("one", { a: 1 }).a).toEqualTypeOf<1 | undefined>();
});
