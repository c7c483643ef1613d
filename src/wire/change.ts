import type { Json } from "./json.ts";
import { type JsonAmount, JsonWalk } from "./json-bound.ts";
import { JsonRefusal } from "./json-refusal.ts";
import { STATE_BOUND } from "./machine-state.ts";

/** The change of a value of JSON: what it is now, or what changed within it. */
export type Change =
  /** The value itself. */
  | { readonly type: "set"; readonly value: Json }
  /** The fields that left an object, then those that changed and those that joined it, in order. */
  | {
      readonly type: "fields";
      readonly gone?: readonly string[];
      readonly fields: { readonly [key: string]: Change };
    }
  /** The items of a list that changed, by their index, in order. */
  | { readonly type: "items"; readonly items: readonly (readonly [number, Change])[] }
  /** The number of items that left a list from an index on, and those in their place. */
  | {
      readonly type: "splice";
      readonly at: number;
      readonly gone: number;
      readonly added: readonly Json[];
    };

type Loose = { readonly [key: string]: unknown };

/** Returns the amount of a state; undefined over its bound. */
export function amountOfState(state: Json): JsonAmount | undefined {
  return amountBy((walk) => {
    walk.check(state);
    return true;
  });
}

/**
 * Returns the amount by which a change lets a state grow at most: what leaves the state is not
 * counted, because that would have to be walked. Undefined for what is no change, and for one that
 * is by itself over the bound.
 */
export function amountOfChange(change: unknown): JsonAmount | undefined {
  return amountBy((walk) => isChange(change, walk, 0));
}

/** Returns the sum of two amounts; undefined over the bound of a state, or without one of them. */
export function sumOf(
  one: JsonAmount | undefined,
  other: JsonAmount | undefined,
): JsonAmount | undefined {
  if (one === undefined || other === undefined) return undefined;
  const [values, bytes] = [one.values + other.values, one.bytes + other.bytes];
  return values <= STATE_BOUND.values && bytes <= STATE_BOUND.bytes ? { values, bytes } : undefined;
}

function amountBy(count: (walk: JsonWalk) => boolean): JsonAmount | undefined {
  const walk = new JsonWalk(STATE_BOUND);
  try {
    return count(walk) ? walk.amount : undefined;
  } catch (thrown) {
    if (thrown instanceof JsonRefusal) return undefined;
    throw thrown;
  }
}

/** @param level the number of containers around the changed value */
function isChange(change: unknown, walk: JsonWalk, level: number): boolean {
  if (!isObject(change) || level > STATE_BOUND.depth) return false;
  switch (change.type) {
    case "set":
      walk.check(change.value, level);
      return change.value !== undefined;
    case "fields":
      return isFieldsChange(change, walk, level);
    case "items":
      return isItemsChange(change, walk, level);
    case "splice":
      walk.check(change.added, level);
      return isCount(change.at) && isCount(change.gone) && Array.isArray(change.added);
    default:
      return false;
  }
}

function isFieldsChange({ gone = [], fields }: Loose, walk: JsonWalk, level: number): boolean {
  walk.check(gone);
  if (!Array.isArray(gone) || gone.some((key) => typeof key !== "string")) return false;
  if (!isObject(fields) || Array.isArray(fields)) return false;
  return Object.keys(fields).every((key) => {
    // A key is counted as in an object of its own, which refuses `__proto__` too.
    walk.check({ [key]: null });
    return isChange(fields[key], walk, level + 1);
  });
}

function isItemsChange({ items }: Loose, walk: JsonWalk, level: number): boolean {
  if (!Array.isArray(items) || items.length > STATE_BOUND.values) return false;
  let last = -1;
  for (let at = 0; at < items.length; at += 1) {
    const entry: unknown = items[at];
    if (!Array.isArray(entry) || entry.length !== 2) return false;
    const [index, change] = entry as readonly unknown[];
    // In order, so that no item is changed twice.
    if (!isCount(index) || index <= last || !isChange(change, walk, level + 1)) return false;
    last = index;
  }
  return true;
}

/** True when all that a change speaks of is in the value. */
export function fits(value: Json, change: Change): boolean {
  if (change.type === "set") return true;
  if (typeof value !== "object" || value === null) return false;
  if (change.type === "fields") {
    if (Array.isArray(value)) return false;
    const { gone = [], fields } = change;
    const known = value as { readonly [key: string]: Json };
    if (!gone.every((key) => Object.hasOwn(known, key))) return false;
    const left = new Set(gone);
    return Object.entries(fields).every(([key, field]) => {
      if (!Object.hasOwn(known, key) || left.has(key)) return field.type === "set";
      return fits(known[key] as Json, field);
    });
  }
  if (!Array.isArray(value)) return false;
  if (change.type === "splice") return change.at + change.gone <= value.length;
  return change.items.every(([at, item]) => at < value.length && fits(value[at], item));
}

/**
 * Returns a value after a change that {@link fits} it.
 *
 * **Gotcha** the lists and objects of the value are changed in place, because a list of a hundred
 * thousand items is not to be copied for one more. Nobody else may hold them, nor the change's.
 */
export function changed(value: Json, change: Change): Json {
  switch (change.type) {
    case "set":
      return change.value;
    case "fields": {
      const object = value as { [key: string]: Json };
      for (const key of change.gone ?? []) delete object[key];
      for (const [key, field] of Object.entries(change.fields)) {
        object[key] = changed(object[key] as Json, field);
      }
      return object;
    }
    case "items": {
      const list = value as Json[];
      for (const [at, item] of change.items) list[at] = changed(list[at] as Json, item);
      return list;
    }
    case "splice":
      return spliced(value as Json[], change);
  }
}

function spliced(
  list: Json[],
  { at, gone, added }: Extract<Change, { readonly type: "splice" }>,
): Json {
  list.splice(at, gone);
  if (added.length === 0) return list;
  // Pushed one by one, because arguments are limited in number.
  const after = at === list.length ? [] : list.splice(at);
  for (const item of added) list.push(item);
  for (const item of after) list.push(item);
  return list;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Loose {
  return typeof value === "object" && value !== null;
}
