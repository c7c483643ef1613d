import { describe, expectTypeOf, it } from "vitest";
import type { FromJsonSchema } from "../../../src/tools/schema/from-json-schema.ts";
import type { JsonSchema } from "../../../src/wire/json.ts";

/** The type of a literal schema; what is checked here is checked by the compiler. */
function typed<const S>(_schema: S): FromJsonSchema<S> {
  return undefined as never;
}
const text = { type: "string" } as const;
const count = { type: "integer" } as const;

describe("the type of a value, read from its JSON Schema", () => {
  it("is that of scalars, lists of types, constants and nullable values", () => {
    expectTypeOf(typed({ type: "integer" })).toEqualTypeOf<number>();
    expectTypeOf(typed({ type: ["string", "null"] })).toEqualTypeOf<string | null>();
    expectTypeOf(typed({ type: "string", nullable: true })).toEqualTypeOf<string | null>();
    expectTypeOf(typed({ nullable: true, allOf: [text] })).toEqualTypeOf<string | null>();
    expectTypeOf(typed({ const: 7 })).toEqualTypeOf<7>();
    expectTypeOf(typed({ enum: ["a", 1, true, null] })).toEqualTypeOf<"a" | 1 | true | null>();
    expectTypeOf(typed({ type: "string", enum: ["a"], nullable: true })).toEqualTypeOf<
      "a" | null
    >();
    expectTypeOf(typed(false)).toEqualTypeOf<never>();
  });

  it("is unknown where the schema says nothing, or nothing that can be read", () => {
    expectTypeOf(typed(true)).toEqualTypeOf<unknown>();
    expectTypeOf(typed({})).toEqualTypeOf<unknown>();
    expectTypeOf(typed({ not: text })).toEqualTypeOf<unknown>();
    expectTypeOf(typed({ if: text, else: { const: "a" } })).toEqualTypeOf<unknown>();
    expectTypeOf(typed({ $ref: "https://example.com/a.json" })).toEqualTypeOf<unknown>();
    expectTypeOf(typed({ $ref: "#/$defs/none" })).toEqualTypeOf<unknown>();
    expectTypeOf(
      typed({ $ref: "#/$defs/a%20b", $defs: { "a%20b": text } }),
    ).toEqualTypeOf<unknown>();
    expectTypeOf(typed({ anyOf: [] })).toEqualTypeOf<unknown>();
    expectTypeOf(typed({ anyOf: [text, {}] })).toEqualTypeOf<unknown>();
    expectTypeOf(typed({ properties: { a: text } })).toEqualTypeOf<unknown>();
    expectTypeOf(typed({ type: ["string", "any"] })).toEqualTypeOf<unknown>();
  });

  it("is unknown, or loose, for a schema that is not literal", () => {
    expectTypeOf<FromJsonSchema<JsonSchema>>().toEqualTypeOf<unknown>();
    expectTypeOf<FromJsonSchema<{ type: string }>>().toEqualTypeOf<unknown>();
    expectTypeOf<FromJsonSchema<{ type: "string"; nullable?: boolean }>>().toEqualTypeOf<
      string | null
    >();
    type Wide = { type: "object"; properties: { a: { type: "string" } }; required: string[] };
    expectTypeOf<FromJsonSchema<Wide>>().toEqualTypeOf<{ readonly a?: string }>();
    type Some = Omit<Wide, "required"> & { required: "a"[] };
    expectTypeOf<FromJsonSchema<Some>>().toEqualTypeOf<{ readonly a?: string }>();
  });

  it("is an object of the properties, of which those required or with a default are there", () => {
    const value = typed({
      type: "object",
      properties: { a: count, b: text, c: { ...text, default: "x" }, d: false },
      required: ["a"],
    });
    expectTypeOf(value).toEqualTypeOf<{
      readonly a: number;
      readonly b?: string;
      readonly c: string;
      readonly d?: never;
    }>();
  });

  it("counts on no default within a choice, at any depth", () => {
    const inside = { type: "object", properties: { a: { default: 1, type: "number" } } } as const;
    type Filled = { readonly a: number };
    type Open = { readonly a?: number };
    expectTypeOf(typed(inside)).toEqualTypeOf<Filled>();
    expectTypeOf(typed({ allOf: [inside] })).toEqualTypeOf<Filled>();
    expectTypeOf(typed({ type: "array", items: inside })).toEqualTypeOf<readonly Filled[]>();
    expectTypeOf(typed({ anyOf: [inside, text] })).toEqualTypeOf<Open | string>();
    expectTypeOf(typed({ oneOf: [{ type: "array", items: inside }] })).toEqualTypeOf<
      readonly Open[]
    >();
    expectTypeOf(
      typed({ anyOf: [{ $ref: "#/$defs/i" }], $defs: { i: inside } }),
    ).toEqualTypeOf<Open>();
  });

  it("has a key for other properties only where the schema speaks of them", () => {
    const a = { type: "object", properties: { a: count } } as const;
    expectTypeOf(typed({ ...a, additionalProperties: false })).toEqualTypeOf<{
      readonly a?: number;
    }>();
    expectTypeOf(typed({ ...a, additionalProperties: true })).toEqualTypeOf<{
      readonly [key: string]: unknown;
      readonly a?: number;
    }>();
    expectTypeOf(typed({ ...a, additionalProperties: text })).toEqualTypeOf<{
      readonly [key: string]: string | number;
      readonly a?: number;
    }>();
    expectTypeOf(typed({ type: "object", additionalProperties: text })).toEqualTypeOf<{
      readonly [key: string]: string;
    }>();
    expectTypeOf(
      typed({ type: "object", patternProperties: { "^x": count }, additionalProperties: false }),
    ).toEqualTypeOf<{ readonly [key: string]: number }>();
    expectTypeOf(typed({ type: "object", patternProperties: { "^x": count } })).toEqualTypeOf<{
      readonly [key: string]: unknown;
    }>();
    type Any = { readonly [key: string]: unknown };
    expectTypeOf(typed({ type: "object" })).toEqualTypeOf<Any>();
    expectTypeOf(typed({ type: "object", properties: {} })).toEqualTypeOf<Any>();
    expectTypeOf(typed({ type: "object", additionalProperties: false })).toEqualTypeOf<Any>();
  });

  it("is a list, or a tuple whose items may be missing", () => {
    expectTypeOf(typed({ type: "array", items: text })).toEqualTypeOf<readonly string[]>();
    expectTypeOf(typed({ type: "array" })).toEqualTypeOf<readonly unknown[]>();
    const two = { type: "array", prefixItems: [text, count] } as const;
    expectTypeOf(typed(two)).toEqualTypeOf<readonly [string?, number?, ...unknown[]]>();
    expectTypeOf(typed({ ...two, items: false, minItems: 1 })).toEqualTypeOf<
      readonly [string, number?]
    >();
    expectTypeOf(
      typed({ type: "array", items: [text, count], additionalItems: { type: "boolean" } }),
    ).toEqualTypeOf<readonly [string?, number?, ...boolean[]]>();
    expectTypeOf(
      typed({ type: "array", items: [text, count], minItems: 2, maxItems: 2 }),
    ).toEqualTypeOf<readonly [string, number]>();
  });

  it("is one object for each choice, with what stands beside it", () => {
    const either = typed({
      type: "object",
      properties: { a: text, b: text },
      anyOf: [{ required: ["a"] }, { required: ["b"] }],
    });
    expectTypeOf(either).toEqualTypeOf<
      { readonly a: string; readonly b?: string } | { readonly a?: string; readonly b: string }
    >();
    const tagged = typed({
      oneOf: [
        { type: "object", properties: { k: { const: "n" }, n: count }, required: ["k", "n"] },
        { type: "object", properties: { k: { const: "t" }, t: text }, required: ["k", "t"] },
      ],
    });
    if (tagged?.k === "n") expectTypeOf(tagged.n).toEqualTypeOf<number>();
    const all = typed({
      allOf: [
        { type: "object", properties: { a: text }, required: ["a"] },
        { type: "object", properties: { b: count } },
        { if: {}, else: { required: ["b"] } },
      ],
    });
    expectTypeOf(all).toEqualTypeOf<{ readonly a: string; readonly b?: number }>();
    expectTypeOf(typed({ type: "object", required: ["a"] })).toEqualTypeOf<{
      readonly a: NonNullable<unknown> | null;
    }>();
  });

  it("follows references, also those that lead back", () => {
    const tree = typed({
      $ref: "#/definitions/tree",
      definitions: {
        tree: {
          type: "object",
          properties: {
            name: text,
            kids: { type: "array", items: { $ref: "#/definitions/tree" } },
          },
          required: ["name", "kids"],
        },
      },
    });
    const names = (one: typeof tree): string[] => [one.name, ...one.kids.flatMap(names)];
    expectTypeOf(names).returns.toEqualTypeOf<string[]>();
    const json = typed({
      $ref: "#/$defs/json",
      $defs: {
        json: {
          anyOf: [
            text,
            { type: "array", items: { $ref: "#/$defs/json" } },
            { type: "object", additionalProperties: { $ref: "#/$defs/json" } },
          ],
        },
      },
    });
    const size = (one: typeof json): number => {
      if (typeof one === "string") return one.length;
      const inside: readonly (typeof json)[] = Array.isArray(one) ? one : Object.values(one);
      return inside.map(size).length;
    };
    expectTypeOf(size).returns.toEqualTypeOf<number>();
    expectTypeOf(typed({ $ref: "#/$defs/a~1b", $defs: { "a/b": text } })).toEqualTypeOf<string>();
    const inner = {
      type: "object",
      properties: { a: text, b: { $ref: "#/properties/a" } },
    } as const;
    expectTypeOf(typed(inner)).toEqualTypeOf<{ readonly a?: string; readonly b?: string }>();
  });

  it("ends where a schema leads back to its own value", () => {
    expectTypeOf(typed({ anyOf: [{ $ref: "#" }, { $ref: "#" }] })).toEqualTypeOf<unknown>();
    const tuple = (): readonly [unknown?, ...unknown[]] =>
      typed({ type: "array", prefixItems: [{ $ref: "#" }, { $ref: "#" }] });
    expectTypeOf(tuple).not.toBeAny();
    const object = { type: "object", allOf: [{ $ref: "#" }], properties: { a: text } } as const;
    expectTypeOf<FromJsonSchema<typeof object>["a"]>().toEqualTypeOf<string | undefined>();
  });
});
