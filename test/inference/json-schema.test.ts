import { defineComputeTool, defineTool, type JsonSchema } from "coppice";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { FromJsonSchema } from "../../src/tools/schema/from-json-schema.ts";

/** The type of one field of an object with this schema, which must be there. */
type Of<S> = FromJsonSchema<{ type: "object"; properties: { it: S }; required: ["it"] }>["it"];
type Json7<S> = Of<Readonly<S>>;

describe("the type of a literal JSON Schema", () => {
  it("is that of its `type`, its `const` or its `enum`", () => {
    expectTypeOf<Of<{ type: "string" }>>().toEqualTypeOf<string>();
    expectTypeOf<Of<{ type: "integer" }>>().toEqualTypeOf<number>();
    expectTypeOf<Of<{ type: "boolean" }>>().toEqualTypeOf<boolean>();
    expectTypeOf<Of<{ type: ["string", "null"] }>>().toEqualTypeOf<string | null>();
    expectTypeOf<Of<{ type: "string"; nullable: true }>>().toEqualTypeOf<string | null>();
    expectTypeOf<Of<{ const: 7 }>>().toEqualTypeOf<7>();
    expectTypeOf<Json7<{ enum: ["noon", 7, null] }>>().toEqualTypeOf<"noon" | 7 | null>();
    expectTypeOf<Of<{ type: "string"; enum: ["a"] }>>().toEqualTypeOf<"a">();
    expectTypeOf<Of<true>>().toEqualTypeOf<unknown>();
    expectTypeOf<Of<false>>().toEqualTypeOf<never>();
  });

  it("is a list, or a tuple whose elements may be missing", () => {
    expectTypeOf<Of<{ type: "array" }>>().toEqualTypeOf<readonly unknown[]>();
    expectTypeOf<Of<{ type: "array"; items: { type: "string" } }>>().toEqualTypeOf<
      readonly string[]
    >();
    type Pair = { type: "array"; prefixItems: [{ type: "string" }, { type: "number" }] };
    expectTypeOf<Of<Pair>>().toEqualTypeOf<readonly [string?, number?, ...unknown[]]>();
    expectTypeOf<Of<Pair & { minItems: 2; items: false }>>().toEqualTypeOf<
      readonly [string, number]
    >();
    type Draft7 = { type: "array"; items: [{ type: "string" }]; additionalItems: { type: "null" } };
    expectTypeOf<Of<Draft7>>().toEqualTypeOf<readonly [string?, ...null[]]>();
  });

  it("is an object: what is required or has a default is there", () => {
    type Order = {
      type: "object";
      properties: {
        id: { type: "integer" };
        note: { type: "string" };
        size: { type: "string"; default: "small" };
      };
      required: ["id"];
      additionalProperties: false;
    };
    expectTypeOf<FromJsonSchema<Order>>().toEqualTypeOf<{
      readonly id: number;
      readonly note?: string;
      readonly size: string;
    }>();
    expectTypeOf<Of<{ type: "object" }>>().toEqualTypeOf<{ readonly [name: string]: unknown }>();
    type Scores = { type: "object"; additionalProperties: { type: "number" } };
    expectTypeOf<Of<Scores>>().toEqualTypeOf<{ readonly [name: string]: number }>();
    type Bare = { properties: { id: { type: "integer" } } };
    expectTypeOf<FromJsonSchema<Bare>>().toEqualTypeOf<{ readonly id?: number }>();
    // Anything that is no object fits there.
    expectTypeOf<Of<Bare>>().toEqualTypeOf<unknown>();
  });

  it("is one of several, or all of them; a default within is not counted on", () => {
    type Text = { type: "string" };
    expectTypeOf<Of<{ anyOf: [Text, { type: "null" }] }>>().toEqualTypeOf<string | null>();
    expectTypeOf<Of<{ oneOf: [Text, { const: 1 }] }>>().toEqualTypeOf<string | 1>();
    type A = { type: "object"; properties: { a: { type: "string"; default: "x" } } };
    type B = { type: "object"; properties: { b: Text }; required: ["b"] };
    expectTypeOf<Of<{ allOf: [A, B] }>>().toEqualTypeOf<{
      readonly a?: string;
      readonly b: string;
    }>();
    expectTypeOf<Of<{ anyOf: [A, B] }>>().toEqualTypeOf<
      { readonly a?: string } | { readonly b: string }
    >();
    type Either = B & { anyOf: [{ required: ["a"] }, { required: ["b"] }] };
    expectTypeOf<Of<Either>>().toEqualTypeOf<{ readonly b: string }>();
  });

  it("follows references, to itself too", () => {
    type Tree = {
      type: "object";
      properties: { root: { $ref: "#/$defs/node" } };
      required: ["root"];
      $defs: {
        node: {
          type: "object";
          properties: {
            name: { type: "string" };
            children: { type: "array"; items: { $ref: "#/$defs/node" } };
          };
          required: ["name"];
        };
      };
    };
    type Root = FromJsonSchema<Tree>["root"];
    expectTypeOf<Root["name"]>().toEqualTypeOf<string>();
    type Deeper = NonNullable<NonNullable<Root["children"]>[number]["children"]>[number];
    expectTypeOf<Deeper["name"]>().toEqualTypeOf<string>();
    type Listed = { type: "object"; properties: { more: { $ref: "#" }; n: { type: "number" } } };
    type More = NonNullable<FromJsonSchema<Listed>["more"]>;
    expectTypeOf<More["n"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Of<{ $ref: "https://example.com/schema" }>>().toEqualTypeOf<unknown>();
    expectTypeOf<Of<{ $ref: "#/$defs/none" }>>().toEqualTypeOf<unknown>();
  });

  it("is never narrower than the truth where the schema is not literal", () => {
    expectTypeOf<FromJsonSchema<JsonSchema>>().toEqualTypeOf<unknown>();
    expectTypeOf<Of<{ type: string }>>().toEqualTypeOf<unknown>();
    expectTypeOf<Of<{ anyOf: JsonSchema[] }>>().toEqualTypeOf<unknown>();
    expectTypeOf<Of<{ type: "array"; prefixItems: JsonSchema[] }>>().toEqualTypeOf<
      readonly unknown[]
    >();
    type Loose = { type: "object"; properties: { a: { type: "string" } }; required: string[] };
    expectTypeOf<FromJsonSchema<Loose>>().toEqualTypeOf<{ readonly a?: string }>();
    expectTypeOf<Of<{ not: { type: "string" } }>>().toEqualTypeOf<unknown>();
    expectTypeOf<
      Of<{ type: "string"; if: { const: "b" }; then: { const: "a" } }>
    >().toEqualTypeOf<string>();
  });
});

describe("the input of `execute`", () => {
  it("is read from a schema in place, `as const`, or declared by hand", () => {
    const inPlace = defineTool({
      name: "book",
      description: "Books a table.",
      input: {
        type: "object",
        properties: { guests: { type: "integer" }, at: { enum: ["noon", "evening"] } },
        required: ["guests"],
      },
      execute: (input) => {
        expectTypeOf(input).toEqualTypeOf<{
          readonly guests: number;
          readonly at?: "noon" | "evening";
        }>();
        return input.guests;
      },
    });
    expectTypeOf(inPlace.name).toEqualTypeOf<"book">();
    const schema = { type: "object", properties: { a: { type: "string" } } } as const;
    const asConst = { name: "a", description: "A.", input: schema };
    defineTool({
      ...asConst,
      execute: ({ a }) => expectTypeOf(a).toEqualTypeOf<string | undefined>(),
    });
    interface Given {
      a: string;
    }
    const read: JsonSchema = schema;
    defineTool({ ...asConst, input: read, execute: (input: Given) => input.a });
    // @ts-expect-error: `b` is not in the schema
    defineTool({ ...asConst, execute: ({ b }) => b });
    // @ts-expect-error: `a` may be missing
    defineTool({ ...asConst, execute: ({ a }) => a.length });
    // @ts-expect-error: `description`
    expect(() => defineTool({ ...asConst, descriptoin: "", execute: () => 1 })).toThrow(
      "description",
    );
  });

  it("leaves a compute tool its name", () => {
    const module = new URL("./none.ts", import.meta.url).href;
    const tool = { name: "primes", description: "Counts.", input: { type: "object" } } as const;
    expectTypeOf(defineComputeTool({ ...tool, module }).name).toEqualTypeOf<"primes">();
  });
});
