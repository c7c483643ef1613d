import type { FromSchema } from "json-schema-to-ts";
import { expectTypeOf, it } from "vitest";
import type { FromJsonSchema } from "../../../src/tools/schema/from-json-schema.ts";

const text = { type: "string" } as const;
const count = { type: "integer" } as const;
const object = { type: "object", properties: { a: text }, required: ["a"] } as const;
const closed = { ...object, additionalProperties: false } as const;

const schemas = {
  text,
  count,
  boolean: { type: "boolean" },
  null: { type: "null" },
  types: { type: ["string", "null"] },
  constant: { const: "a" },
  values: { enum: ["a", 1, null] },
  typedValues: { type: "string", enum: ["a", "b"] },
  list: { type: "array", items: text },
  bareList: { type: "array" },
  lists: { type: "array", items: { type: "array", items: count } },
  anything: {},
  bareObject: { type: "object" },
  closed,
  closedList: { type: "array", items: closed },
  optional: { ...closed, required: [] },
  nested: {
    type: "object",
    properties: { o: closed },
    required: ["o"],
    additionalProperties: false,
  },
  record: { type: "object", additionalProperties: text },
  either: { anyOf: [text, count] },
  eitherObject: { anyOf: [closed, text] },
  oneOf: { oneOf: [closed, { type: "null" }] },
  both: { allOf: [object, { type: "object", properties: { b: count }, required: ["b"] }] },
  reference: { $ref: "#/definitions/t", definitions: { t: text } },
  filled: {
    type: "object",
    properties: { a: { ...text, default: "x" } },
    required: ["a"],
    additionalProperties: false,
  },
  // From here on the two differ.
  open: object,
  openWithOthers: { ...object, additionalProperties: count },
  filledOnly: {
    type: "object",
    properties: { a: { ...text, default: "x" } },
    additionalProperties: false,
  },
  filledInChoice: {
    anyOf: [{ ...closed, properties: { a: text, b: { ...count, default: 1 } } }, text],
  },
  nullable: { type: "string", nullable: true },
  reference2020: { $ref: "#/$defs/t", $defs: { t: text } },
  tuple2020: { type: "array", prefixItems: [text, count], items: false, minItems: 2 },
  tuple: { type: "array", items: [text, count], additionalItems: false },
  typeless: { properties: { a: text }, required: ["a"] },
  requiredOnly: { type: "object", required: ["z"] },
  patterns: { type: "object", patternProperties: { "^x": text }, additionalProperties: false },
} as const;

/** The types of the two, as one can be put for the other. */
type Verdict<Ours, Theirs> = [Ours] extends [Theirs]
  ? [Theirs] extends [Ours]
    ? "same"
    : "ours is narrower"
  : [Theirs] extends [Ours]
    ? "ours is wider"
    : "neither";

type Verdicts = {
  -readonly [Name in keyof typeof schemas]: Verdict<
    FromJsonSchema<(typeof schemas)[Name]>,
    FromSchema<(typeof schemas)[Name]>
  >;
};

type Different = {
  [Name in keyof Verdicts as Verdicts[Name] extends "same" ? never : Name]: Verdicts[Name];
};

it("reads what json-schema-to-ts reads, and differs on purpose", () => {
  expectTypeOf<Different>().toEqualTypeOf<{
    // Lists of an input are readonly here.
    list: "ours is wider";
    bareList: "ours is wider";
    lists: "ours is wider";
    closedList: "ours is wider";
    tuple: "ours is wider";
    // It does not read `prefixItems`.
    tuple2020: "neither";
    // It makes what a schema says of other properties unknown beside `properties`.
    openWithOthers: "ours is narrower";
    // A JSON value that is there is not undefined.
    requiredOnly: "ours is narrower";
    // It takes each default for filled in, and within a choice none is.
    filledInChoice: "ours is wider";
  }>();
});
