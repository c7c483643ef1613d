import type { JsonSchema } from "../../wire/json.ts";
import type { KeyNode, RenamedKeys } from "../../wire/renamed-keys.ts";
import { fieldsOf, insideOf, isObject, type Schema, targetOf, textsOf } from "./schema-keywords.ts";

/** A schema while the nodes are made. */
interface Draft {
  readonly schema: JsonSchema;
  readonly names: readonly (readonly [shown: string, true: string])[];
  /** Its subschemas, by keyword, and the target of its `$ref`. */
  readonly inside: readonly (readonly [keyword: string, at: string, inside: Schema])[];
}

/**
 * Keywords whose subschemas apply to the same instance, so that their keys are keys of this one.
 */
const SAME = new Set([
  ...["$ref", "anyOf", "oneOf", "allOf", "not", "if", "then", "else", "dependentSchemas"],
]);
const REST = new Set(["additionalProperties", "unevaluatedProperties"]);
const ITEMS = new Set(["items", "contains", "unevaluatedItems"]);

export interface KeyNodes {
  /** The nodes; undefined when no renamed key can occur in an input. */
  readonly keys: RenamedKeys | undefined;
  /** The index of each schema from which a renamed key can be reached. */
  readonly numbers: ReadonlyMap<JsonSchema, number>;
}

/**
 * Finds the places in values of a schema where its renamed keys can occur; `names` maps true keys.
 */
export function keyNodes(root: JsonSchema, names: ReadonlyMap<string, string>): KeyNodes {
  const drafts = draftsOf(root, names);
  const kept = inReach(drafts);
  if (!kept.has(root)) return { keys: undefined, numbers: new Map() };
  const ordered = [root, ...[...kept].filter((schema) => schema !== root)];
  const numbers = new Map(ordered.map((schema, n) => [schema, n]));
  const keys = ordered.map((schema) => nodeOf(drafts.get(schema) as Draft, numbers));
  return { keys, numbers };
}

/** Returns the keys that a schema names as keys of its own values. */
export function keysNamedIn(schema: JsonSchema): ReadonlySet<string> {
  const { properties, required, dependentRequired, dependentSchemas } = schema;
  return new Set([
    ...fieldsOf(properties).map(([key]) => key),
    ...textsOf(required),
    ...fieldsOf(dependentRequired).flatMap(([key, others]) => [key, ...textsOf(others)]),
    ...fieldsOf(dependentSchemas).map(([key]) => key),
  ]);
}

function draftsOf(root: JsonSchema, names: ReadonlyMap<string, string>) {
  const drafts = new Map<JsonSchema, Draft>();
  const visit = (schema: JsonSchema): void => {
    if (drafts.has(schema)) return;
    const target = targetOf(root, schema.$ref);
    const inside = [...insideOf(schema)].filter(([keyword]) => keyword !== "propertyNames");
    if (target !== undefined) inside.push(["$ref", "", target]);
    const named = [...keysNamedIn(schema)].flatMap((key) => {
      const shown = names.get(key);
      return shown === undefined ? [] : [[shown, key] as const];
    });
    drafts.set(schema, { schema, names: named, inside });
    for (const [keyword, , one] of inside) if (keyword !== "$ref" && isObject(one)) visit(one);
  };
  visit(root);
  return drafts;
}

/** Returns the schemas from which a schema with a renamed key can be reached. */
function inReach(drafts: ReadonlyMap<JsonSchema, Draft>): ReadonlySet<JsonSchema> {
  const holders = new Map<Schema, JsonSchema[]>();
  for (const { schema, inside } of drafts.values()) {
    for (const [keyword, , one] of inside) {
      if (keyword === "$defs" || typeof one === "boolean") continue;
      const known = holders.get(one);
      if (known === undefined) holders.set(one, [schema]);
      else known.push(schema);
    }
  }
  const kept = new Set<JsonSchema>();
  for (const { schema, names } of drafts.values()) if (names.length > 0) kept.add(schema);
  // Iterating a set includes the items added meanwhile.
  for (const schema of kept) for (const holder of holders.get(schema) ?? []) kept.add(holder);
  return kept;
}

function nodeOf({ names, inside }: Draft, numbers: ReadonlyMap<JsonSchema, number>): KeyNode {
  const number = (schema: Schema): number | null =>
    typeof schema === "boolean" ? null : (numbers.get(schema) ?? null);
  const of = (keywords: ReadonlySet<string>): number[] =>
    inside.flatMap(([keyword, , one]) => (keywords.has(keyword) ? (number(one) ?? []) : []));
  const pairs = (wanted: string) =>
    inside
      .filter(([keyword]) => keyword === wanted)
      .map(([, at, one]) => [at, number(one)] as const);
  const [rest, items, also] = [of(REST), of(ITEMS), of(SAME)];
  // Without a rule for the other keys, fields without renamed keys can be omitted.
  const isNeeded = ([, id]: readonly [string, number | null]): boolean =>
    rest.length > 0 || id !== null;
  const [fields, patterns] = [pairs("properties"), pairs("patternProperties")].map((list) =>
    list.filter(isNeeded),
  );
  const first = pairs("prefixItems").map(([, id]) => id);
  return {
    ...(names.length > 0 && { names }),
    ...(fields?.length && { fields }),
    ...(patterns?.length && { patterns }),
    ...(rest.length > 0 && { rest }),
    ...(first.some((id) => id !== null) || (first.length > 0 && items.length > 0) ? { first } : {}),
    ...(items.length > 0 && { items }),
    ...(also.length > 0 && { also }),
  };
}
