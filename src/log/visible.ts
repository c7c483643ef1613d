import { stripVTControlCharacters } from "node:util";

/** Control and zero-width characters, direction marks, other line ends and lone surrogates. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** Characters that select the look of the character before them. */
const VARIATION = /^\p{Variation_Selector}$/u;
/** Joiners where they are needed: in emoji, and in scripts whose letters join. */
const JOINED =
  /(?<=\p{Emoji}\p{Variation_Selector}?)\u200d(?=\p{Emoji})|(?<=[\p{L}\p{M}])[\u200c\u200d]/gu;
const NO_JOINERS =
  /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hangul}]$/u;
/** Characters that JSON need not escape and a terminal may interpret. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Makes a text of a model, tool or server safe to show on a terminal.
 *
 * **Guarantees** line ends and tabs are the only control characters left; sequences that colour or
 * control a terminal are removed, and every other invisible character is spelt out: `\u{202e}`.
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

/** Makes a text visible on one line: each run of white space becomes one space. */
export function oneLine(text: string): string {
  const plain = stripVTControlCharacters(text);
  return visible(plain.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim());
}

/** Escapes JSON so that it means the same and no terminal interprets it. */
export function visibleJson(json: string): string {
  return json.replace(UNSAFE_IN_JSON, (sign) =>
    Array.from({ length: sign.length }, (_, at) => {
      return `\\u${sign.charCodeAt(at).toString(16).padStart(4, "0")}`;
    }).join(""),
  );
}
