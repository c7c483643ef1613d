import type { Json } from "./json.ts";

/** Deeper than this is a circle or a mistake. */
const MAX_DEPTH = 200;
/** More values than this do not belong in a conversation or a journal. */
const MAX_VALUES = 1_000_000;

/**
 * Copies a value as plain JSON; `undefined` becomes null, and what has `toJSON` speaks for itself.
 *
 * **Fails with** a `TypeError` that names the place and says why, where JSON would lose something:
 * functions, symbols, BigInts, NaN and infinities, maps, sets, errors, buffers, circles.
 */
export function plainJson(value: unknown): Json {
  const left = { values: MAX_VALUES };

  const copy = (given: unknown, path: readonly string[]): Json | undefined => {
    const part = withToJson(given, path);
    left.values -= 1;
    if (left.values < 0) throw new TypeError(`it holds more than ${MAX_VALUES} values`);
    if (path.length > MAX_DEPTH) {
      throw new TypeError(`it nests deeper than ${MAX_DEPTH} levels, or refers to itself`);
    }
    if (part === null || typeof part === "string" || typeof part === "boolean") return part;
    if (typeof part === "number" && Number.isFinite(part)) return part;
    if (part === undefined) return undefined;
    // `Array.from` visits the holes of a sparse array too.
    if (Array.isArray(part)) {
      return Array.from(part, (item, index) => copy(item, [...path, `${index}`]) ?? null);
    }
    if (Object.prototype.toString.call(part) !== "[object Object]") {
      const where = path.length === 0 ? "it" : `its value at /${path.join("/")}`;
      throw new TypeError(`${where} is ${kind(part)}, which JSON cannot hold`);
    }
    const entries = Object.entries(part).map(([key, item]) => [key, copy(item, [...path, key])]);
    // `fromEntries` keeps a key named "__proto__" a key.
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
  };

  return copy(value, []) ?? null;
}

function withToJson(value: unknown, path: readonly string[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  const toJson: unknown = Reflect.get(value, "toJSON");
  return typeof toJson === "function" ? toJson.call(value, path.at(-1) ?? "") : value;
}

function kind(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  return `a ${Object.prototype.toString.call(value).slice(8, -1)}`;
}
