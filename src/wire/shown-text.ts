import { clip, clipStart } from "./clip.ts";
import type { Json } from "./json.ts";

/**
 * Functions that make text of models, tools and servers fit to be shown to a person who decides by
 * it: characters that a screen would hide, move or leave blank are spelt out.
 */

/**
 * Control characters, direction marks, zero-width characters, those that look like a space, and
 * lone surrogates.
 */
const HIDING = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;
/** Combining marks beyond the third, which reach into the lines above. */
const PILED = /(?<=\p{M}{3})\p{M}/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The longest path of any system: a shorter text that looks like a path is never clipped. */
const MAX_PATH_LENGTH = 4096;
const PATH = /^(~|\.{0,2}[\\/]|[a-z]:[\\/]|file:)|^[^\s]*[\\/][^\s]*$/i;

/** The most parts and levels of a value that a person can still read as a question. */
const MAX = { parts: 1_000, levels: 32 };
const MAX_KEY = MAX_PATH_LENGTH;
/** UTF-16 units of a clipped value: half of them from its beginning, half from its end. */
const MAX_SHOWN = 2_000;

/** Spells out the characters of a text that a screen would hide: `\u{202e}`, `\u{1b}`, `\n`. */
export function shownText(text: string): string {
  return text.replace(HIDING, spelt).replace(PILED, spelt);
}

/**
 * Returns a text in quotation marks, which it cannot close by itself.
 *
 * @param most UTF-16 units; the middle of a longer text is left out, and a note between the two
 *   quoted halves says so, where the text cannot imitate it. Default: no limit
 */
export function quoted(text: string, most = Number.POSITIVE_INFINITY): string {
  if (text.length <= most) return `"${shownText(text.replace(/["\\]/g, "\\$&"))}"`;
  const head = clip(text, Math.ceil(most / 2));
  const tail = clipStart(text, Math.floor(most / 2));
  const left = text.length - head.length - tail.length;
  return `${quoted(head)} ... ${left} characters left out ... ${quoted(tail)}`;
}

/**
 * Returns a value as JSON for people: keys and paths whole, other texts clipped in the middle.
 *
 * **Guarantees** bounded in parts and levels; omitted parts are counted.
 */
export function shownValue(value: Json, most = MAX_SHOWN, bounds = MAX): string {
  let parts = 0;
  const show = (part: Json, levels: number): string => {
    if (typeof part === "string") return shownString(part, most);
    if (typeof part !== "object" || part === null) return String(part);
    if (levels === 0) return "... deeper levels left out ...";
    const isList = Array.isArray(part);
    const entries = Object.entries(part);
    const shown: string[] = [];
    for (const [key, item] of entries) {
      parts += 1;
      if (parts > bounds.parts) {
        shown.push(`... ${entries.length - shown.length} more left out ...`);
        break;
      }
      const name = isList ? "" : `${quoted(key, MAX_KEY)}: `;
      shown.push(name + show(item ?? null, levels - 1));
    }
    return isList ? `[${shown.join(", ")}]` : `{${shown.join(", ")}}`;
  };
  return show(value, bounds.levels);
}

function shownString(text: string, most: number): string {
  const isPath = text.length <= MAX_PATH_LENGTH && PATH.test(text);
  return quoted(text, isPath ? MAX_PATH_LENGTH : most);
}

function spelt(sign: string): string {
  return SHORT[sign] ?? `\\u{${sign.codePointAt(0)?.toString(16)}}`;
}
