import { isDeepStrictEqual } from "node:util";
import type { Json } from "../../wire/json.ts";
import { isObject } from "../schema/schema-keywords.ts";

/**
 * The most characters of texts that are parsed for a comparison; longer texts must equal the JSON.
 */
const MAX_CHARACTERS = 256 * 1024;

/**
 * True when texts already contain the structured content: one of them as its JSON, in any order of
 * keys; or all as the one string that it contains; or, for the `{ result }` in which FastMCP wraps
 * other values than objects, as its value, each item of a list in a text of its own.
 */
export function isSaidBy(texts: readonly string[], structured: Json): boolean {
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (characters > MAX_CHARACTERS) return texts.includes(JSON.stringify(structured));
  if (texts.some((text) => says(text, structured))) return true;
  if (!isObject(structured)) return false;
  const [value, ...others] = Object.values(structured);
  if (value === undefined || others.length > 0) return false;
  if (value === texts.join("\n")) return true;
  const { result } = structured;
  if (result === undefined) return false;
  if (texts.length === 1 && says(texts[0], result)) return true;
  if (!Array.isArray(result) || result.length !== texts.length) return false;
  return result.every((item, at) => says(texts[at], item));
}

function says(text: string | undefined, value: Json): boolean {
  if (text === undefined) return false;
  if (text === value) return true;
  if (!/^\s*[[{"\d\-tfn]/.test(text)) return false;
  try {
    return isDeepStrictEqual(JSON.parse(text), value);
  } catch {
    // It is no JSON, or nests too deep to be compared.
    return false;
  }
}
