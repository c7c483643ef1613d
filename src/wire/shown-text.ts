import { clip, clipStart } from "./clip.ts";
import type { Json } from "./json.ts";

/**
 * Text that models, tools and servers have written, made fit to be shown to somebody who decides
 * by it: what a screen would hide, move or leave blank is spelt out.
 */

/** Controls, marks of direction, what has no width or looks like a space, half a character. */
const HIDING = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;
/** Marks on top of others, which reach into the lines above. */
const PILED = /(?<=\p{M}{3})\p{M}/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The longest path that systems take: what is shorter and looks like one is never clipped. */
const LONGEST_PATH = 4096;
const PATH = /^(~|\.{0,2}[\\/]|[a-z]:[\\/]|file:)|^[^\s]*[\\/][^\s]*$/i;

/** Beyond these a value is no question any more that a person can read. */
const MOST = { parts: 1_000, levels: 32 };
const MOST_KEY = LONGEST_PATH;
/** Units of a value of which a clipped one shows half from its beginning, half from its end. */
const MOST_SHOWN = 2_000;

/** Text with what would hide spelt out: `\u{202e}`, `\u{1b}`, `\n`. */
export function shownText(text: string): string {
  return text.replace(HIDING, spelt).replace(PILED, spelt);
}

/**
 * Text between quotation marks, which it cannot end by itself.
 *
 * @param most UTF-16 units; of a longer text the middle is left out, which is said between the
 * two quoted halves, where the text itself cannot say it. Default: all of it.
 */
export function quoted(text: string, most = Number.POSITIVE_INFINITY): string {
  if (text.length <= most) return `"${shownText(text.replace(/["\\]/g, "\\$&"))}"`;
  const head = clip(text, Math.ceil(most / 2));
  const tail = clipStart(text, Math.floor(most / 2));
  const left = text.length - head.length - tail.length;
  return `${quoted(head)} ... ${left} characters left out ... ${quoted(tail)}`;
}

/**
 * A value as JSON for people: keys and paths whole, other texts clipped in the middle.
 *
 * **Guarantees** bounded in parts and levels; what is left out is counted.
 */
export function shownValue(value: Json, most = MOST_SHOWN, bounds = MOST): string {
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
      const name = isList ? "" : `${quoted(key, MOST_KEY)}: `;
      shown.push(name + show(item ?? null, levels - 1));
    }
    return isList ? `[${shown.join(", ")}]` : `{${shown.join(", ")}}`;
  };
  return show(value, bounds.levels);
}

function shownString(text: string, most: number): string {
  const isPath = text.length <= LONGEST_PATH && PATH.test(text);
  return quoted(text, isPath ? LONGEST_PATH : most);
}

function spelt(sign: string): string {
  return SHORT[sign] ?? `\\u{${sign.codePointAt(0)?.toString(16)}}`;
}
