import { stripVTControlCharacters } from "node:util";

/** Controls, what has no width, marks of direction, other line ends, and halves of pairs. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** What picks the look of the sign before it. */
const VARIATION = /^\p{Variation_Selector}$/u;
/** Joiners where words need them: in emoji, and in scripts whose letters join. */
const JOINED =
  /(?<=\p{Emoji}\p{Variation_Selector}?)\u200d(?=\p{Emoji})|(?<=[\p{L}\p{M}])[\u200c\u200d]/gu;
const NO_JOINERS =
  /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hangul}]$/u;
/** What JSON need not escape, and a terminal may take for an order. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A text of a model's, a tool's or a server's as a terminal may show it.
 *
 * **Guarantees** of control characters only line ends and tabs are left; sequences that colour or
 * steer a terminal are taken out, and every other sign that is not seen is spelt out: `\u{202e}`.
 */
export function visible(text: string): string {
  const plain = stripVTControlCharacters(text).replace(/\r\n/g, "\n");
  const needed = new Set<number>();
  for (const { index } of plain.matchAll(JOINED)) {
    if (!NO_JOINERS.test(plain.slice(Math.max(0, index - 2), index))) needed.add(index);
  }
  return plain.replace(HIDDEN, (sign, at: number) => {
    if (sign === "\n" || sign === "\t" || VARIATION.test(sign) || needed.has(at)) return sign;
    return `\\u{${sign.codePointAt(0)?.toString(16)}}`;
  });
}

/** The same on one line: runs of white space are one space. */
export function oneLine(text: string): string {
  const plain = stripVTControlCharacters(text);
  return visible(plain.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim());
}

/** JSON that says the same, in letters that no terminal takes for an order. */
export function visibleJson(json: string): string {
  return json.replace(UNSAFE_IN_JSON, (sign) =>
    Array.from({ length: sign.length }, (_, at) => {
      return `\\u${sign.charCodeAt(at).toString(16).padStart(4, "0")}`;
    }).join(""),
  );
}
