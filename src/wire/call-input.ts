import { clip } from "./clip.ts";
import type { Json } from "./json.ts";
import { JSON_BOUND, type JsonBound, refusalOf } from "./json-bound.ts";
import type { JsonRefusal } from "./json-refusal.ts";

/** The most bytes of a call's input, as JSON. */
export const MAX_INPUT_BYTES = 1_000_000;

/** The bound of a call's input. */
export const INPUT_BOUND: JsonBound = { ...JSON_BOUND, bytes: MAX_INPUT_BYTES };

/**
 * Matches a text that may contain a number beyond the range or precision of a JavaScript number.
 */
const LONG_NUMBER = /\d{16}|\d[eE]/;

/**
 * Parses the JSON of an input.
 *
 * **Fails with** a `SyntaxError` for a text that is not JSON, and with a `RangeError` that gives
 * the reason when parsing would change a value, or when the value is over the bound.
 */
export function readInputJson(json: string): Json {
  const value = JSON.parse(json) as Json;
  const refusal = refusalOf(value);
  if (refusal?.excess !== undefined) throw new RangeError(inputFaultOf(refusal));
  // Slow, and rarely needed.
  if (LONG_NUMBER.test(json)) JSON.parse(json, refuseLost);
  if (refusal !== undefined) throw new RangeError(inputFaultOf(refusal));
  return value;
}

/** Returns why a text that was left unparsed could not be read, although it is JSON. */
export function whyUnread(input: Json): string | undefined {
  if (typeof input !== "string") return undefined;
  try {
    readInputJson(input);
  } catch (thrown) {
    if (thrown instanceof RangeError) return thrown.message;
  }
  return undefined;
}

/** Returns the reason that a model is given for a refused input. */
export function inputFaultOf({ excess, message }: JsonRefusal): string {
  const isDeep = excess === "depth";
  return isDeep
    ? `must not nest deeper than ${JSON_BOUND.depth} levels`
    : `cannot be used: ${message}`;
}

/**
 * Refuses a number that would change; a reviver for `JSON.parse`, which passes the number's source
 * text.
 */
function refuseLost(_key: string, value: unknown, written?: { readonly source?: string }): unknown {
  const { source = "" } = written ?? {};
  if (typeof value !== "number" || isKept(value, source)) return value;
  const shown = source.length > 50 ? `${clip(source, 50)}…` : source;
  throw new RangeError(`has the number ${shown}, which cannot be kept exactly; give it as text`);
}

/**
 * True when a number is kept: fractions may be rounded, an integer, such as an id, must be exact.
 */
function isKept(value: number, source: string): boolean {
  if (Number.isSafeInteger(value)) return true;
  return Number.isFinite(value) && (!/^-?\d+$/.test(source) || BigInt(source) === BigInt(value));
}
