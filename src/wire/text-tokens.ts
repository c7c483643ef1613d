import { COMMON_IDEOGRAPHS, COMMON_MARKS, DRAWN } from "./common-characters.ts";
import {
  HUMP,
  LOWER_LETTERS,
  PAIRS,
  REPEATED,
  REPEATED_CONTROL,
  REPEATED_MARK,
  SCRIPTS,
  TURNS,
  UPPER_LETTERS,
} from "./token-costs.ts";

/** The columns of `TURNS`, and its rows except the one that both kinds of letters share. */
const [LOWER, UPPER, DIGIT, MARK, SPACE, LINE, CONTROL, OTHER, WIDE] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8,
] as const;
const KINDS = 9;

/** The length beyond which few encoders have a word as one token. */
const LONG_WORD = 6;

/** The tokens of a letter behind a backslash. */
const ESCAPED = 1.35;
const BACKSLASH = 92;

interface Tables {
  /** The kind of each ASCII character. */
  readonly kinds: Uint8Array;
  /** Tokens by the kind before, then the kind. */
  readonly turns: Float64Array;
  /** Tokens by first letter, then second, regardless of case; four tables, at these offsets. */
  readonly letters: Float64Array;
  /**
   * Tokens by the number of times that the same ASCII character came before, from once to four
   * times or more.
   */
  readonly repeats: Float64Array;
  /** Tokens by code unit. */
  readonly scripts: Float32Array;
  /** The same from the third in a row on, where that is less. */
  readonly drawn: ReadonlyMap<number, number>;
}

const FAR = 26 * 26;
const CAPITAL = 2 * FAR;

/** Created for the first text: 300 KB for each thread. */
let tables: Tables | undefined;

/**
 * Estimates the number of tokens of a text without an encoder: by the pairs of letters in words, by
 * the kinds of characters that follow each other, and by script.
 *
 * **Guarantees** between 0.95 and 2 times the count of two real byte-pair encoders (Claude 2's and
 * OpenAI's o200k), whichever is higher, for prose in 31 languages, code and data; up to 4 times for
 * texts made to mislead it, from random letters to private characters. Never under 0.9 times for
 * any text of 100 characters or more that was tried; for shorter texts it may be two tokens off.
 */
export function textTokens(text: string): number {
  tables ??= makeTables();
  const { kinds, turns, letters, repeats, scripts, drawn } = tables;
  let sum = 0;
  let before: number = SPACE;
  let last = -1;
  let repeated = 0;
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    let kind = code < 128 ? (kinds[code] as number) : scriptOf(code);
    if (kind <= UPPER && before <= UPPER) {
      length++;
      if (kind > before) sum += HUMP;
      else {
        const pair = (last | 32) * 26 + (code | 32) - 97 * 27;
        sum += letters[pair + (length > LONG_WORD ? FAR : 0) + kind * CAPITAL] as number;
      }
    } else if (code === last && kind !== DIGIT) {
      repeated++;
      if (kind < OTHER) sum += repeats[(Math.min(repeated, 4) - 1) * 128 + code] as number;
      else sum += (repeated > 1 ? drawn.get(code) : undefined) ?? (scripts[code] as number);
    } else if (last === BACKSLASH && kind <= UPPER) {
      // An escape such as \n: the word, if any, begins behind it.
      sum += ESCAPED;
      kind = MARK;
    } else {
      length = 1;
      repeated = 0;
      if (kind < OTHER || kind !== before) sum += turns[before * KINDS + kind] as number;
      if (kind >= OTHER) sum += scripts[code] as number;
    }
    before = kind;
    last = code;
  }
  return Math.ceil(sum);
}

function makeTables(): Tables {
  return {
    kinds: Uint8Array.from({ length: 128 }, (_, code) => kindOf(code)),
    turns: Float64Array.from([TURNS[0], ...TURNS].flatMap((row) => row ?? [])),
    letters: Float64Array.from(
      [LOWER_LETTERS.near, LOWER_LETTERS.far, UPPER_LETTERS.near, UPPER_LETTERS.far].flatMap(
        (costs) => [...PAIRS.join("")].map((rarity) => costs[Number(rarity) - 1] ?? 0),
      ),
    ),
    repeats: repeatCosts(),
    scripts: scriptCosts(),
    drawn: new Map(
      DRAWN.flatMap(({ of, tokens }) => [...of].map((one) => [one.charCodeAt(0), tokens])),
    ),
  };
}

function repeatCosts(): Float64Array {
  const rows = Array.from({ length: 128 }, (_, code) => {
    const row = REPEATED.find(({ of }) => of.includes(String.fromCharCode(code)));
    return row?.tokens ?? (kindOf(code) === CONTROL ? REPEATED_CONTROL : REPEATED_MARK);
  });
  // Once, twice, three times, more often.
  return Float64Array.from(([0, 1, 1, 2] as const).flatMap((time) => rows.map((row) => row[time])));
}

function scriptCosts(): Float32Array {
  const costs = new Float32Array(0x10000);
  for (const [from, tokens] of SCRIPTS) costs.fill(tokens, from);
  for (const character of COMMON_IDEOGRAPHS) costs[character.charCodeAt(0)] = 1.05;
  for (const character of COMMON_MARKS) {
    const code = character.charCodeAt(0);
    costs[code] = Math.min(1.2, costs[code] as number);
  }
  return costs;
}

/** Returns the kind of an ASCII character. */
function kindOf(code: number): number {
  if (code >= 97 && code <= 122) return LOWER;
  if (code === 32) return SPACE;
  if (code >= 65 && code <= 90) return UPPER;
  if (code >= 48 && code <= 57) return DIGIT;
  if (code === 9 || code === 10 || code === 13) return LINE;
  if (code < 32 || code === 127) return CONTROL;
  return MARK;
}

function scriptOf(code: number): number {
  return (code >= 0x2e80 && code < 0xac00) || code >= 0xf900 ? WIDE : OTHER;
}
