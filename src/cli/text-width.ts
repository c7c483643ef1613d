import { eastAsianWidth } from "get-east-asian-width";

const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const ASCII = /^[\x20-\x7e]*$/;
const EMOJI = /^\p{RGI_Emoji}$/v;
const NO_WIDTH = /^[\p{Cc}\p{Cf}\p{Mn}\p{Me}]+$/u;

/** Returns the number of terminal columns of a text without control characters. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of letters.segment(text)) width += letterWidth(segment);
  return width;
}

/** Cuts a text to a width at its end, with an ellipsis where something was cut off. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return "";
  return `${beginning(
    [...letters.segment(text)].map(({ segment }) => segment),
    columns - 1,
  ).join("")}…`;
}

/** Cuts a text to a width at its start: the end of a path says more than its beginning. */
export function cutStart(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return "";
  const backwards = [...letters.segment(text)].map(({ segment }) => segment).reverse();
  return `…${beginning(backwards, columns - 1)
    .reverse()
    .join("")}`;
}

/** Cuts a text to a width in its middle, so that siblings of like names stay distinct. */
export function cutMiddle(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 3) return cut(text, columns);
  const segments = [...letters.segment(text)].map(({ segment }) => segment);
  const start = beginning(segments, Math.floor(columns / 2) - 1).join("");
  return start + cutStart(text, columns - widthOf(start));
}

/** Breaks a text at its spaces into lines of at most a width. */
export function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (widthOf(longer) <= columns) line = longer;
    else {
      lines.push(line);
      line = cut(word, columns);
    }
  }
  return [...lines, line].filter((one) => one !== "");
}

/** Fits a text to an exact width: cut, or padded on the right. */
export function toLeft(text: string, columns: number): string {
  const shown = cut(text, columns);
  return shown + " ".repeat(Math.max(0, columns - widthOf(shown)));
}

/** Fits a text to an exact width: cut, or padded on the left. */
export function toRight(text: string, columns: number): string {
  const shown = cut(text, columns);
  return " ".repeat(Math.max(0, columns - widthOf(shown))) + shown;
}

function beginning(segments: readonly string[], columns: number): string[] {
  const kept: string[] = [];
  let left = columns;
  for (const segment of segments) {
    left -= letterWidth(segment);
    if (left < 0) break;
    kept.push(segment);
  }
  return kept;
}

function letterWidth(letter: string): number {
  if (NO_WIDTH.test(letter)) return 0;
  if (EMOJI.test(letter)) return 2;
  return eastAsianWidth(letter.codePointAt(0) as number);
}
