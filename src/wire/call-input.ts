import { clip } from "./clip.ts";
import type { Json } from "./json.ts";
import { JSON_BOUND, type JsonBound, refusalOf } from "./json-bound.ts";
import type { JsonRefusal } from "./json-refusal.ts";

/** The most that one call may be given, in bytes of its input as JSON. */
export const MOST_INPUT_BYTES = 1_000_000;

/** The most that an input may be. */
export const INPUT_BOUND: JsonBound = { ...JSON_BOUND, bytes: MOST_INPUT_BYTES };

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
  const refusal = refusalOf(value);
  if (refusal?.excess !== undefined) throw new RangeError(inputFaultOf(refusal));
  // Slow, and needed for hardly any.
  if (LONG_NUMBER.test(json)) JSON.parse(json, refuseLost);
  if (refusal !== undefined) throw new RangeError(inputFaultOf(refusal));
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

/** What a model is told of an input that is refused. */
export function inputFaultOf({ excess, message }: JsonRefusal): string {
  const isDeep = excess === "depth";
  return isDeep ? `must not nest deeper than ${JSON_BOUND.depth} levels` : `cannot be: ${message}`;
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
