/** The cost of a regular expression, derived from its source. */
export interface PatternForm {
  /**
   * Returns an upper bound of the steps that `RegExp` takes on a text of a length: often far too
   * high, infinite when nothing is known.
   */
  readonly steps: (characters: number) => number;
  /**
   * The same expression in the syntax of RE2, which takes linear time; undefined when RE2 cannot
   * express it.
   */
  readonly linear: string | undefined;
  /** The number of places in the expression with its repetitions written out. */
  readonly size: number;
}

/** The cost of a part of an expression. */
interface Part {
  /** The ways to match it at one place; those of different lengths count separately. */
  readonly paths: number;
  /** The unbounded repetitions, each of which can stop anywhere in the text. */
  readonly open: number;
  readonly size: number;
  readonly linear: string | undefined;
  /** True when it can match only at the beginning. */
  readonly isAnchored: boolean;
}

const MAX_DEPTH = 50;
const MAX_LENGTH = 10_000;
const UNKNOWN: PatternForm = { steps: () => Infinity, linear: undefined, size: Infinity };

/** White space of ECMA-262; RE2's own is that of ASCII. */
const SPACE = [
  ...[
    "\\t-\\r",
    "\\x{20}",
    "\\x{a0}",
    "\\x{1680}",
    "\\x{2000}-\\x{200a}",
    "\\x{2028}",
    "\\x{2029}",
  ],
  ...["\\x{202f}", "\\x{205f}", "\\x{3000}", "\\x{feff}"],
].join("");
const ANY = "[^\\n\\r\\x{2028}\\x{2029}]";
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 };

/** Reads an expression of ECMA-262 with the flag `u`; never throws. */
export function readPattern(source: string): PatternForm {
  if (source.length > MAX_LENGTH) return UNKNOWN;
  const reader = new PatternReader(source);
  const part = reader.read();
  if (part === undefined) return UNKNOWN;
  const { paths, open, size, linear, isAnchored } = part;
  // An expression without an anchor is tried at each place of the text.
  const power = open + (isAnchored ? 0 : 1);
  const steps = (characters: number): number => paths * size * (characters + 1) ** power;
  return { steps, linear, size };
}

/** Steps, of about two nanoseconds each, that count as quick. */
const MAX_QUICK_STEPS = 20_000;

/** True when `RegExp` is quick on any text of a length. */
export function isQuickPattern(source: string, characters: number): boolean {
  return readPattern(source).steps(characters) <= MAX_QUICK_STEPS;
}

class PatternReader {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  read(): Part | undefined {
    const part = this.#alternatives();
    return this.#at === this.#source.length ? part : undefined;
  }

  #alternatives(): Part | undefined {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) return undefined;
    const all: Part[] = [];
    do {
      const one = this.#sequence();
      if (one === undefined) return undefined;
      all.push(one);
    } while (this.#take("|"));
    this.#depth -= 1;
    return eitherOf(all);
  }

  #sequence(): Part | undefined {
    let whole: Part = fixed("", 0);
    while (this.#at < this.#source.length && !/[|)]/.test(this.#next())) {
      const atom = this.#atom();
      const one = atom && this.#repeated(atom);
      if (one === undefined) return undefined;
      whole = both(whole, one);
    }
    return whole;
  }

  #atom(): Part | undefined {
    if (this.#take("(")) return this.#group();
    if (this.#take("[")) return this.#class();
    if (this.#take("\\")) return this.#escape();
    if (this.#take("^")) return { ...fixed("\\A", 0), isAnchored: true };
    if (this.#take("$")) return fixed("\\z", 0);
    if (this.#take(".")) return fixed(ANY);
    if (/[*+?{}\]]/.test(this.#next())) return undefined;
    return fixed(literal(this.#character()));
  }

  #group(): Part | undefined {
    const isAround = /^\?<?[=!]/.exec(this.#source.slice(this.#at, this.#at + 3));
    const opening = isAround ?? /^(\?:|\?<[^>=!]{1,100}>)/.exec(this.#source.slice(this.#at));
    if (opening === null && this.#next() === "?") return undefined;
    this.#at += opening?.[0].length ?? 0;
    const inside = this.#alternatives();
    if (inside === undefined || !this.#take(")")) return undefined;
    if (isAround !== null) return { ...inside, linear: undefined, isAnchored: false };
    return { ...inside, linear: mapped(inside.linear, (text) => `(?:${text})`) };
  }

  #repeated(atom: Part): Part | undefined {
    const [sign, least = "", comma, most = ""] =
      /^(?:[*+?]|\{(\d{1,6})(,)?(\d{0,6})\})/.exec(this.#source.slice(this.#at, this.#at + 17)) ??
      [];
    if (sign === undefined) return this.#next() === "{" ? undefined : atom;
    this.#at += sign.length;
    // A lazy repetition matches the same texts as a greedy one.
    this.#take("?");
    const linear = mapped(atom.linear, (text) => (text === "" ? "" : `${text}${sign}`));
    const from = sign === "+" ? 1 : Number(least);
    const closed = sign === "?" ? 1 : comma === undefined ? from : Number(most);
    const to = "*+".includes(sign) || (comma !== undefined && most === "") ? Infinity : closed;
    return { ...repeat(atom, from, to), linear, isAnchored: atom.isAnchored && from > 0 };
  }

  #class(): Part | undefined {
    let linear: string | undefined = this.#take("^") ? "[^" : "[";
    const isInverse = linear === "[^";
    let items = 0;
    while (!this.#take("]")) {
      if (this.#at >= this.#source.length) return undefined;
      const item = this.#classItem();
      linear = linear === undefined || item === undefined ? undefined : linear + item;
      items += 1;
    }
    if (items === 0) return fixed(isInverse ? "(?s:.)" : "[^\\x{0}-\\x{10ffff}]");
    return fixed(mapped(linear, (text) => `${text}]`));
  }

  #classItem(): string | undefined {
    if (this.#take("-")) return "-";
    if (!this.#take("\\")) return literal(this.#character());
    // RE2 cannot express the complement of this set inside a class.
    if (this.#take("S")) return undefined;
    if (this.#take("s")) return SPACE;
    return this.#take("b") ? "\\x{8}" : this.#escape()?.linear;
  }

  /** Reads the part behind a backslash. */
  #escape(): Part | undefined {
    const rest = this.#source.slice(this.#at);
    const back = /^(?:[1-9]\d*|k<[^>]{1,100}>)/.exec(rest)?.[0];
    if (back !== undefined) {
      this.#at += back.length;
      return { paths: 1, open: 1, size: 1, linear: undefined, isAnchored: false };
    }
    const property = /^([pP])\{([^}]{1,100})\}/.exec(rest);
    if (property !== null) {
      this.#at += property[0].length;
      const name = /^(?:(?:sc|Script)=(\w+)|(?:gc=|General_Category=)?([A-Z][a-z&]?))$/.exec(
        property[2] ?? "",
      );
      return fixed(mapped(name?.[1] ?? name?.[2], (known) => `\\${property[1]}{${known}}`));
    }
    const code =
      /^u([dD][89abAB]..)\\u([dD][c-fC-F]..)/.exec(rest) ??
      /^(?:u\{([\da-fA-F]{1,6})\}|u([\da-fA-F]{4})|x([\da-fA-F]{2}))/.exec(rest);
    if (code !== null) {
      this.#at += code[0].length;
      const units = code.slice(1).flatMap((hex) => (hex === undefined ? [] : [parseInt(hex, 16)]));
      return fixed(literal(String.fromCodePoint(...units)));
    }
    const letter = this.#character();
    if (letter === "c")
      return fixed(literal(String.fromCodePoint(this.#character().charCodeAt(0) % 32)));
    if (letter === "b" || letter === "B") return fixed(`\\${letter}`, 0);
    if (letter === "s") return fixed(`[${SPACE}]`);
    if (letter === "S") return fixed(`[^${SPACE}]`);
    if (/[dDwW]/.test(letter)) return fixed(`\\${letter}`);
    const control = CONTROLS[letter];
    if (control !== undefined) return fixed(literal(String.fromCodePoint(control)));
    return /[\^$\\.*+?()[\]{}|/-]/.test(letter) ? fixed(literal(letter)) : undefined;
  }

  #next(): string {
    return this.#source[this.#at] ?? "";
  }

  #take(sign: string): boolean {
    if (this.#next() !== sign) return false;
    this.#at += 1;
    return true;
  }

  #character(): string {
    const point = this.#source.codePointAt(this.#at) ?? 0;
    const character = String.fromCodePoint(point);
    this.#at += character.length;
    return character;
  }
}

/** Returns a literal for RE2; undefined for half of a surrogate pair, which it cannot match. */
function literal(character: string): string | undefined {
  if (/^[A-Za-z0-9]$/.test(character)) return character;
  if (!character.isWellFormed()) return undefined;
  return `\\x{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function fixed(linear: string | undefined, size = 1): Part {
  return { paths: 1, open: 0, size, linear, isAnchored: false };
}

function both(one: Part, other: Part): Part {
  return {
    paths: one.paths * other.paths,
    open: one.open + other.open,
    size: one.size + other.size,
    linear: mapped(one.linear, (before) => mapped(other.linear, (after) => before + after)),
    isAnchored: one.isAnchored || (one.size === 0 && other.isAnchored),
  };
}

function eitherOf(parts: readonly Part[]): Part {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const texts = parts.map(({ linear }) => linear);
  return {
    paths: parts.reduce((sum, { paths }) => sum + paths, 0),
    open: Math.max(...parts.map(({ open }) => open)),
    size: parts.reduce((sum, { size }) => sum + size, 1),
    linear: texts.includes(undefined) ? undefined : texts.join("|"),
    isAnchored: parts.every(({ isAnchored }) => isAnchored),
  };
}

/** Returns the cost of a part that is repeated from `from` to `to` times. */
function repeat(part: Part, from: number, to: number): Part {
  const { paths, open } = part;
  const size = part.size * (to === Infinity ? Math.max(1, from) : to);
  if (paths === 1 && open === 0) {
    const isOpen = to === Infinity;
    return { ...part, size, paths: isOpen ? 1 : to - from + 1, open: isOpen ? 1 : 0 };
  }
  if (to === 0) return fixed("", 0);
  if (to === 1) return { ...part, size, paths: paths + 1 - from };
  if (to === Infinity) return { ...part, size, paths: Infinity, open: open + 1 };
  return { ...part, size, paths: (to - from + 1) * paths ** to, open: open * to };
}

function mapped<Value, Mapped>(value: Value | undefined, map: (value: Value) => Mapped) {
  return value === undefined ? undefined : map(value);
}
