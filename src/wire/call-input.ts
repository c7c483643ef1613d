import { clip } from "./clip.ts";
import type { Json } from "./json.ts";

/** The deepest that an input nests; far from the end of the stack of whoever copies it. */
export const DEEPEST_INPUT = 200;

/** What a text must hold for a number in it to be more than a number of ours can be. */
const LONG_NUMBER = /\d{16}|\d[eE]/;

/**
 * Reads the JSON of an input.
 *
 * **Fails with** a `SyntaxError` where it is no JSON, and with a `RangeError` that says why where
 * it would be another value once it was read, or one that nobody can copy.
 */
export function readInputJson(json: string): Json {
  const value = JSON.parse(json) as Json;
  if (isTooDeep(value, 0)) {
    throw new RangeError(`must not nest deeper than ${DEEPEST_INPUT} levels`);
  }
  // Slow, and needed for hardly any.
  if (LONG_NUMBER.test(json)) JSON.parse(json, refuseLost);
  return value;
}

/** Why a text that was left as it came could not be read, though it is JSON. */
export function whyUnread(input: Json): string | undefined {
  if (typeof input !== "string") return undefined;
  try {
    readInputJson(input);
  } catch (thrown) {
    if (thrown instanceof RangeError) return thrown.message;
  }
  return undefined;
}

function isTooDeep(value: Json | undefined, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth >= DEEPEST_INPUT || Object.values(value).some((item) => isTooDeep(item, depth + 1));
}

/** Given to `JSON.parse`, which tells how a number was written. */
function refuseLost(_key: string, value: unknown, written?: { readonly source?: string }): unknown {
  const { source = "" } = written ?? {};
  if (typeof value !== "number" || isKept(value, source)) return value;
  const told = source.length > 50 ? `${clip(source, 50)}…` : source;
  throw new RangeError(`has the number ${told}, which cannot be kept exactly; give it as text`);
}

/** Fractions are rounded everywhere; a whole number, such as an id, must be that number. */
function isKept(value: number, source: string): boolean {
  if (Number.isSafeInteger(value)) return true;
  return Number.isFinite(value) && (!/^-?\d+$/.test(source) || BigInt(source) === BigInt(value));
}
