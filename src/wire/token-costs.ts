/**
 * The costs of pieces of text in tokens, which `textTokens` adds up.
 *
 * They were fitted once, by linear programming, so that no text of a few thousand gets fewer tokens
 * than two real encoders count: prose, code and data of many kinds, and texts of a random
 * structure.
 */

/**
 * The rarity of each pair of letters in words, from 1 to 4: first letter by row, second by column,
 * in the order of the alphabet. Words are made of common pairs; each letter of a rarest pair is a
 * token.
 */
export const PAIRS = [
  "32113313122111313111222323",
  "23331333233233134223233323",
  "13331331231233133231233333",
  "23321333133233133222233323",
  "12111123233111322111212133",
  "13332233133333133132133333",
  "23331332234332234232233333",
  "13331333133333133231233333",
  "23112113333111123211313332",
  "33333333333333333323323334",
  "33331333233333334323333334",
  "12311333133133134312233313",
  "12331323133333113323333333",
  "13111313133132124311233333",
  "32213123232111114111121233",
  "13331333243133123211233333",
  "33333443344333434333243334",
  "13221323142321133111123323",
  "13231332132233123211122323",
  "13231331133333114111133313",
  "32331333333211324111333333",
  "23331323233333234333333333",
  "13332331143332234323333334",
  "33333343344333324332344333",
  "33333434343333214323343333",
  "33333333343333334333343333",
];

/**
 * The tokens of a further letter of a word by the rarity of its pair: within the first six, and
 * behind.
 */
export const LOWER_LETTERS = { near: [0.07, 0.17, 0.45, 1.1], far: [0.41, 1, 0.45, 1.1] };
export const UPPER_LETTERS = { near: [0.08, 1, 0.44, 1.1], far: [0.97, 1, 0.44, 1.1] };
/** The tokens of a capital behind a small letter. */
export const HUMP = 0.88;

/**
 * The tokens of the beginning of a piece, by the character before it. Columns: small letter,
 * capital, digit, mark, space, line break or tab, control character, other scripts, ideographs and
 * the like.
 */
export const TURNS = [
  [0, 0, 0.89, 0.5, 0.64, 1.15, 1.07, 1, 0], // after letter
  [1.83, 1.11, 0.96, 0.5, 1, 1.3, 0.98, 1, 0], // after digit
  [1.48, 1.51, 1.48, 0.68, 0.02, 1.22, 1.3, 1, 0], // after mark
  [0.9, 1.64, 0.97, 0.98, 0.02, 1.3, 1.3, 0.52, 0], // after space
  [1.75, 1.72, 0.98, 1.3, 0.36, 0.45, 1.21, 0.51, 0.3], // after line
  [1.11, 0.9, 0.96, 1.3, 0.67, 1.3, 0.99, 1, 0], // after control
  [2, 2, 2, 0.7, 0.02, 1.17, 1.3, 0, 0], // after other
  [1, 0.9, 0.96, 1, 0.93, 0.88, 0.98, 0.57, 0], // after wide
];

/** The tokens of a repeated character: the second time, up to the fourth, and beyond. */
type Repeats = readonly [second: number, few: number, many: number];

export const REPEATED: readonly { readonly of: string; readonly tokens: Repeats }[] = [
  { of: " ", tokens: [0.99, 0.01, 0.01] },
  { of: "\n", tokens: [0.42, 0.07, 0.07] },
  { of: "\t", tokens: [0.13, 0.13, 0.13] },
  { of: "\r", tokens: [0.5, 0.5, 0.5] },
  // Lines are drawn with these: dozens of them are one token; of the next, a few are.
  { of: "=-~+%_*#./", tokens: [1.1, 1.04, 0.03] },
  { of: "!", tokens: [1.1, 0.75, 0.15] },
  { of: "^@<:\"\\$?'>)", tokens: [1.1, 0.75, 0.25] },
];
export const REPEATED_MARK: Repeats = [0.58, 0.58, 0.58];
export const REPEATED_CONTROL: Repeats = [1, 1, 1];

/** The tokens of a character outside ASCII, from each of these code units on. */
export const SCRIPTS: readonly (readonly [from: number, tokens: number])[] = [
  [0x80, 2],
  [0xa0, 1.3],
  [0xc0, 1.45],
  [0x100, 1.85],
  [0x180, 2],
  [0x300, 2.05],
  [0x370, 2.05],
  [0x391, 1.6],
  [0x3b1, 1.33],
  [0x3ca, 1.95],
  [0x400, 1.7],
  [0x410, 1.32],
  [0x430, 0.95],
  [0x450, 1.5],
  [0x460, 2.02],
  [0x5d0, 1.28],
  [0x5eb, 1.9],
  [0x600, 2],
  [0x621, 1.42],
  [0x64b, 1.95],
  [0x700, 2],
  [0x800, 3],
  [0x900, 2],
  [0x940, 2.2],
  [0x980, 2.1],
  [0xa00, 3.1],
  [0xb80, 2],
  [0xc00, 2.5],
  [0xd80, 2],
  [0xe80, 3.1],
  [0xf00, 3.5],
  [0x1000, 2.05],
  [0x1080, 3],
  [0x10c0, 1.95],
  [0x1100, 3],
  [0x1d00, 2.7],
  [0x1e00, 2.02],
  [0x1f00, 2.95],
  [0x2000, 1.2],
  [0x200b, 2.02],
  [0x2010, 1.45],
  [0x2040, 2],
  [0x20a0, 2.9],
  [0x2100, 2],
  [0x21a0, 2.6],
  [0x2200, 2.15],
  [0x22c0, 3],
  [0x2440, 2.3],
  [0x2500, 1.95],
  [0x2680, 3],
  [0x2700, 2],
  [0x27c0, 3],
  [0x3000, 1.9],
  [0x3040, 1.56],
  [0x3100, 2.9],
  [0x4e00, 2.2],
  [0xa000, 3],
  [0xac00, 2.55],
  [0xd7a4, 3],
  // First halves of surrogate pairs, by their plane, then second halves, and those of flags.
  [0xd800, 3],
  [0xd83c, 1.7],
  [0xd83e, 2],
  [0xd83f, 3],
  [0xdc00, 1],
  [0xdde6, 1.35],
  [0xde00, 1],
  [0xe000, 3],
  [0xfb00, 3.1],
  [0xfe00, 2],
  [0xff00, 1.75],
  [0xff40, 1.9],
  [0xff80, 2.1],
  [0xfffd, 1],
];
