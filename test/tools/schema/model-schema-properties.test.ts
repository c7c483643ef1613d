import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it } from "vitest";
import { schemaForModels } from "../../../src/tools/schema/model-schema.ts";
import type { Json, JsonSchema } from "../../../src/wire/json.ts";
import { KeyRenaming, type RenamedKeys } from "../../../src/wire/renamed-keys.ts";
import fc from "../../fixtures/properties.ts";

const ajv = new Ajv2020({ strict: false });
const ODD = ["$filter", "filter[name]", "größe", "", "n".repeat(100), "a b", "__proto__ "];
const FIT = ["a", "filter", "kind", "__proto__", "constructor", "n".repeat(64)];
const ROOT_WORDS = [
  "anyOf",
  "oneOf",
  "allOf",
  "not",
  "if",
  "then",
  "else",
  "$ref",
  "enum",
  "const",
];

const key = fc.constantFrom(...ODD, ...FIT);
/** Without the empty key, which ajv takes for "nothing is missing" where it is required. */
const needed = key.filter((name) => name !== "");
/** Also keys with one that objects inherit, which a literal would not have. */
const dictionary = <T>(keys: fc.Arbitrary<string>, values: fc.Arbitrary<T>) =>
  fc
    .uniqueArray(fc.tuple(keys, values), { maxLength: 4, selector: ([name]) => name })
    .map((entries) => Object.fromEntries(entries) as Record<string, T>);

/** Valid schemas of objects, lists and plain values, with unions and references. */
const { schema } = fc.letrec<{ schema: object; leaf: object }>((tie) => ({
  leaf: fc.constantFrom(
    { type: "string" },
    { type: "number" },
    { const: "x" },
    { enum: ["x", 1, null] },
    { $ref: "#/$defs/D" },
    { $ref: "#/definitions/E[]" },
    { $ref: "#" },
    {},
  ),
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("leaf"),
    fc.record({ items: tie("schema") }),
    fc.record({ prefixItems: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ allOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }) }),
    fc.record(
      {
        type: fc.constant("object"),
        properties: dictionary(key, tie("schema")),
        required: fc.uniqueArray(needed, { maxLength: 2 }),
        additionalProperties: fc.oneof(fc.boolean(), tie("schema")),
        patternProperties: dictionary(fc.constantFrom("^f", "^x-"), tie("schema")),
        dependentRequired: dictionary(key, fc.uniqueArray(needed, { maxLength: 2 })),
        default: fc.jsonValue({ maxDepth: 1 }),
      },
      { requiredKeys: ["properties"] },
    ),
  ),
}));

const root = fc
  .tuple(schema, schema, schema, fc.boolean())
  .map(([given, D, E, isOfAll]): JsonSchema => {
    const $defs = { $defs: { D }, definitions: { "E[]": E } };
    return { ...given, ...(isOfAll ? { type: ["object", "null"] } : {}), ...$defs } as JsonSchema;
  });

/** Keywords with whatever values, as a hostile server may list them. */
const hostile = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small" },
    fc.jsonValue({ maxDepth: 1 }),
    dictionary(
      fc.oneof(
        fc.constantFrom(
          ...ROOT_WORDS,
          "type",
          "properties",
          "items",
          "required",
          "enum",
          "pattern",
        ),
        fc.constantFrom("$defs", "definitions", "additionalItems", "dependencies", "nullable"),
        fc.constantFrom("exclusiveMinimum", "minimum", "$id", "$anchor", "title", "prefixItems"),
        key,
      ),
      fc.oneof(
        tie("schema"),
        fc.array(tie("schema"), { maxLength: 3 }),
        fc.constantFrom("object", "any", "(", "#", "#/anyOf/0", "#/properties/a", "\ud800"),
        fc.uniqueArray(key, { maxLength: 2 }),
      ),
    ),
  ),
})).schema;

const data = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "medium" },
    fc.constantFrom<Json>("x", 1, null, "$filter"),
    fc.array(tie("value"), { maxLength: 3 }),
    dictionary(key, tie("value")),
  ),
})).value;

/** Why the Messages API would refuse it. */
function refusal(shown: JsonSchema): string | undefined {
  if (shown.type !== "object") return "the root is no object";
  const atRoot = ROOT_WORDS.find((word) => shown[word] !== undefined);
  if (atRoot !== undefined) return `${atRoot} at the root`;
  if (/(?<!\\)\\ud[89a-f]/.test(JSON.stringify(shown))) return "half of a pair";
  const odd = keysIn(shown).find((name) => !/^[a-zA-Z0-9_.-]{1,64}$/.test(name));
  if (odd !== undefined) return `key ${odd}`;
  try {
    ajv.compile(shown);
    return undefined;
  } catch (error) {
    return String(error);
  } finally {
    ajv.removeSchema(shown);
  }
}

/** Keys of properties at every depth, of what stands where a schema can. */
function keysIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([word, inside]) => {
    if (["default", "const", "enum", "examples"].includes(word)) return [];
    const isMap = /^(properties|[$]defs|patternProperties|dependentSchemas)$/.test(word);
    if (!isMap || typeof inside !== "object" || inside === null) return keysIn(inside);
    const own = word === "properties" ? Object.keys(inside) : [];
    return [...own, ...Object.values(inside).flatMap(keysIn)];
  });
}

function shownNames(keys: RenamedKeys): ReadonlySet<string> {
  return new Set(keys.flatMap(({ names = [] }) => names.map(([name]) => name)));
}

function holds(value: Json, names: ReadonlySet<string>): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(
    ([name, inside]) => names.has(name) || holds(inside as Json, names),
  );
}

it("any schema is shown as one that the service takes", () => {
  fc.assert(
    fc.property(fc.oneof(root, hostile), (given) => {
      fc.pre(typeof given === "object" && given !== null && !Array.isArray(given));
      const { shown } = schemaForModels(given as JsonSchema);
      expect(refusal(shown)).toBe(undefined);
      expect(String(shown.description)).not.toContain("cannot be shown");
    }),
    { numRuns: 150 },
  );
});

it("what was renamed comes back as it was", () => {
  let renamed = 0;
  fc.assert(
    fc.property(root, data, (given, value) => {
      const { keys } = schemaForModels(given);
      if (keys === undefined) return;
      // A free key that happens to be a shown one is taken for what the model was shown.
      fc.pre(!holds(value, shownNames(keys)));
      const renaming = new KeyRenaming(keys);
      const told = renaming.show(value);
      if (JSON.stringify(told) !== JSON.stringify(value)) renamed += 1;
      expect(JSON.stringify(renaming.restore(told))).toBe(JSON.stringify(value));
    }),
    { numRuns: 1_000 },
  );
  expect(renamed).toBeGreaterThan(5);
});

it("what a tool takes fits what the model was shown, where the root is an object", () => {
  let taken = 0;
  fc.assert(
    fc.property(schema, schema, data, (one, D, value) => {
      const given = { type: "object", properties: { p: one, $q: one }, $defs: { D } };
      const whole = { ...given, definitions: { "E[]": D } } as JsonSchema;
      const { shown, keys = [] } = schemaForModels(whole);
      fc.pre(!holds(value, shownNames(keys)));
      const input: Json = { p: value, $q: value };
      if (!accepts(whole, input)) return;
      taken += 1;
      expect(accepts(shown, new KeyRenaming(keys).show(input))).toBe(true);
    }),
    { numRuns: 150 },
  );
  expect(taken).toBeGreaterThan(5);
});

/** A schema that refers to itself for ever fits nothing. */
function accepts(schema: JsonSchema, value: Json): boolean {
  try {
    return ajv.compile(schema)(value) === true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  } finally {
    ajv.removeSchema(schema);
  }
}
