import type { Json, JsonSchema } from "../../wire/json.ts";
import { isQuickPattern } from "../../wire/pattern.ts";
import { KeyRenaming, MAX_KEY_LENGTH, type RenamedKeys } from "../../wire/renamed-keys.ts";
import { FreeNames, isFitKey } from "./free-names.ts";
import { keyNodes, keysNamedIn } from "./schema-key-nodes.ts";
import {
  fieldsOf,
  insideOf,
  isObject,
  listOf,
  mapInside,
  type Schema,
  textsOf,
} from "./schema-keywords.ts";

export interface KeysShown {
  readonly schema: JsonSchema;
  /** The names by true key. */
  readonly names: ReadonlyMap<string, string>;
  /** The mapping of keys; undefined when no key of an input is renamed. */
  readonly keys: RenamedKeys | undefined;
}

const MAX_TITLE_LENGTH = 200;
const MAX_MATCHES = 100_000;

/**
 * Renames the properties that the Messages API does not take.
 *
 * A key has the same new name in the whole schema, and no property of the schema has that name: so
 * the branches of a union agree, however they overlap.
 */
export function renameKeys(schema: JsonSchema): KeysShown {
  const names = namesFor(schema);
  if (names.size === 0) return { schema, names, keys: undefined };
  const plain = withPlainPatterns(schema, [...names.values()]);
  const { keys, numbers } = keyNodes(plain, names);
  const renaming = new KeyRenaming(keys ?? []);
  const rename = (inside: Schema): Schema => {
    if (typeof inside === "boolean") return inside;
    const number = numbers.get(inside);
    const show = (value: Json): Json =>
      number === undefined ? value : renaming.show(value, number);
    return renamed(mapInside(inside, rename), names, show);
  };
  return { schema: rename(plain) as JsonSchema, names, keys };
}

function namesFor(schema: JsonSchema): ReadonlyMap<string, string> {
  const declared = new Set<string>();
  const named = new Set<string>();
  const visit = (one: JsonSchema): void => {
    for (const key of keysNamedIn(one)) named.add(key);
    for (const [key] of fieldsOf(one.properties)) declared.add(key);
    for (const [, , inside] of insideOf(one)) if (isObject(inside)) visit(inside);
  };
  visit(schema);
  const free = new FreeNames(named);
  const unfit = [...declared].filter((key) => !isFitKey(key));
  return new Map(unfit.map((key) => [key, free.nameFor(key)]));
}

function renamed(
  schema: JsonSchema,
  names: ReadonlyMap<string, string>,
  show: (value: Json) => Json,
): JsonSchema {
  const name = (key: string): string => names.get(key) ?? key;
  const byName = (value: Json, item: (key: string, value: Json) => Json): Json =>
    Object.fromEntries(fieldsOf(value).map(([key, one]) => [name(key), item(key, one)]));
  const entries = fieldsOf(schema).flatMap(([keyword, value]): [string, Json][] => {
    switch (keyword) {
      case "properties":
        return [[keyword, byName(value, (key, one) => (names.has(key) ? titled(one, key) : one))]];
      case "required":
        return [[keyword, textsOf(value).map(name)]];
      case "dependentRequired":
        return [[keyword, byName(value, (_, others) => textsOf(others).map(name))]];
      case "dependentSchemas":
        return [[keyword, byName(value, (_, one) => one)]];
      case "propertyNames":
        return namesIn(value, names);
      case "default":
      case "const":
        return [[keyword, show(value)]];
      case "examples":
      case "enum":
        return [[keyword, listOf(value).map(show)]];
      default:
        return [[keyword, value]];
    }
  });
  return Object.fromEntries(entries);
}

/** Adds the true key as a title, so that the model can relate it to the tool's description. */
function titled(schema: Json, key: string): Json {
  const isNamed = !isObject(schema) || schema.title !== undefined || key.length > MAX_TITLE_LENGTH;
  return isNamed ? schema : { title: key, ...schema };
}

/**
 * Adapts `propertyNames`: a rule for true keys does not hold for renamed ones, but a list can
 * contain both.
 */
function namesIn(value: Json, names: ReadonlyMap<string, string>): [string, Json][] {
  const listed = isObject(value) && Object.keys(value).every((k) => k === "type" || k === "enum");
  if (!listed) return [];
  const keys = textsOf(value.enum);
  const known = keys.flatMap((key) => names.get(key) ?? []);
  return [["propertyNames", known.length === 0 ? value : { ...value, enum: [...keys, ...known] }]];
}

/**
 * Removes patterns of keys that could take for ever on a model's input (they may be a server's),
 * and those that would match a renamed key.
 */
function withPlainPatterns(schema: JsonSchema, names: readonly string[]): JsonSchema {
  let left = MAX_MATCHES;
  const isPlain = (pattern: string): boolean => {
    left -= names.length;
    if (left < 0 || !isQuickPattern(pattern, MAX_KEY_LENGTH)) return false;
    const regExp = new RegExp(pattern, "u");
    return !names.some((name) => regExp.test(name));
  };
  const plain = (inside: Schema): Schema => {
    if (typeof inside === "boolean") return inside;
    const { patternProperties, additionalProperties, ...others } = mapInside(inside, plain);
    const rest = additionalProperties === undefined ? {} : { additionalProperties };
    const patterns = fieldsOf(patternProperties);
    if (patterns.length === 0) return { ...others, ...rest };
    const kept = patterns.filter(([pattern]) => isPlain(pattern));
    const isWhole = kept.length === patterns.length;
    // Without a pattern its keys would fall under `additionalProperties`.
    return { ...others, ...(isWhole && rest), patternProperties: Object.fromEntries(kept) };
  };
  return plain(schema) as JsonSchema;
}
