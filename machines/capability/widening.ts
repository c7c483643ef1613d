import { compileGlob, compileParts, compileWords } from "../glob.ts";
import type { ArgumentPattern, ReadValue } from "./arguments.ts";

/**
 * Compiles the widened form of a pattern, for rules that take away: a deny, and the asking of an
 * ask. It covers more than the pattern says, since a call that evades it was meant to be stopped.
 *
 * - Case, look-alike characters and invisible characters make no difference.
 * - A path, and the path of an address, covers everything below it, and one that ends with `*` or
 *   `**` covers the folder itself.
 * - A host covers all its ports (unless the pattern names another than the scheme's) and schemes,
 *   and `*.` before it covers the host itself; any host (`*`) keeps its scheme.
 * - The words of a command are searched in everything that may be run, in their order: after other
 *   programs, between options, by any path. An option matches by its letters: `-f` is `--force`.
 * - A value that cannot be read with certainty matches.
 */
export function compileWidened({ kind, parts }: ArgumentPattern): (value: ReadValue) => boolean {
  if (kind === "cmd") {
    const mayRun = compileMayRun(parts);
    return ({ words }) => words === undefined || mayRun(words);
  }
  const reaches = kind === "url" ? compileAddress(parts) : compileBelow(parts);
  const matches = kind === "text" ? compileText(parts[0] ?? "") : reaches;
  return (value) => "unreadable" in value || matches(value.parts);
}

/**
 * Compiles a command pattern whose options may be anywhere, for the right that an ask gives: a
 * person sees the whole command before it runs.
 */
export function compileAnyOptions(
  pattern: readonly string[],
): (words: readonly string[]) => boolean {
  const plain = compileWords(pattern.filter((word) => !isOption(word)));
  const options = pattern.filter((word) => isOption(word) && word !== "-*").map(fold);
  return (words) =>
    plain(words.filter((word) => !isOption(word))) &&
    options.every((option) => hasOption(words.map(fold), option));
}

/** Returns a text without what programs may ignore: case, look-alikes, invisible characters. */
export function fold(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .toLowerCase();
}

type Test = (parts: readonly string[]) => boolean;

const foldedParts = new WeakMap<readonly string[], readonly string[]>();

/** Folds a value once for all patterns: it may be a megabyte of text from a model. */
function foldedOnce(parts: readonly string[]): readonly string[] {
  const known = foldedParts.get(parts);
  if (known !== undefined) return known;
  const made = parts.map(fold);
  foldedParts.set(parts, made);
  return made;
}

function compileText(pattern: string): Test {
  const matches = compileGlob(fold(pattern));
  return (parts) => {
    const [folded = ""] = foldedOnce(parts);
    return matches(folded) || matches(folded.trim());
  };
}

function compileBelow(pattern: readonly string[]): Test {
  const last = pattern.at(-1);
  const top = last === "*" || last === "**" ? pattern.slice(0, -1) : pattern;
  const matches = compileParts([...top.map(fold), "**"]);
  return (parts) => matches(foldedOnce(parts));
}

/** Ports that a scheme implies. */
const DEFAULT_PORTS = ["80", "443", "21"];

function compileAddress([scheme = "", host = "", port = "", ...path]: readonly string[]): Test {
  const isNamed = host !== "*";
  const matchesHost = compileGlob(fold(host));
  const itself = host.startsWith("*.") ? fold(host.slice(2)) : undefined;
  const matchesPath = compileBelow(path);
  return ([itsScheme = "", itsHost = "", itsPort = "", ...itsPath]) =>
    (isNamed || itsScheme === scheme) &&
    (matchesHost(itsHost) || itsHost === itself) &&
    (port === "*" || DEFAULT_PORTS.includes(port) || itsPort === port) &&
    matchesPath(itsPath);
}

/** Compiles the words of a pattern, folded and split as those of the command are. */
function compileMayRun(pattern: readonly string[]): Test {
  const parts = pattern.flatMap((word) => fold(word).split(/[=,]/)).filter((part) => part !== "");
  const [program = "", ...rest] = parts;
  const options = rest.filter((word) => isOption(word) && word !== "-*");
  const following = rest.slice(0, rest.findLastIndex((word) => !isRest(word)) + 1);
  const tests = following.filter((word) => !isOption(word)).map(compileWord);
  const isProgram = compileWord(programName(program));
  return (words) => {
    let at = words.findIndex((word) => isProgram(programName(word)));
    if (at < 0) return false;
    for (const test of tests) {
      at = words.findIndex((word, n) => n > at && test(word));
      if (at < 0) return false;
    }
    return options.every((option) => hasOption(words, option));
  };
}

const isOption = (word: string): boolean => word.startsWith("-");
const isRest = (word: string): boolean => word === "*" || word === "-*";

/** Compiles one word. A word of the command may be a glob, which may become any word it matches. */
function compileWord(pattern: string): (word: string) => boolean {
  const matches = compileGlob(pattern);
  return (word) => {
    if (matches(word)) return true;
    if (!/[*?]/.test(word)) return false;
    return pattern.includes("*") || compileGlob(word.replaceAll("?", "*"))(pattern);
  };
}

/** Returns a program's name without its folder and without a suffix of Windows. */
function programName(word: string): string {
  return word.slice(word.lastIndexOf("/") + 1).replace(/\.(exe|cmd|bat|com|ps1)$/, "");
}

/**
 * Returns true when an option may be given. Short options may be combined and long ones cut short;
 * a letter matches the long option that begins with it.
 */
function hasOption(words: readonly string[], option: string): boolean {
  const given = words.filter(isOption);
  if (option.includes("*")) return given.some(compileGlob(option));
  if (option.startsWith("--")) {
    const name = option.slice(2);
    return given.some((word) => {
      const other = word.slice(2);
      if (!word.startsWith("--")) return word.includes(name.charAt(0));
      return other !== "" && (name.startsWith(other) || other.startsWith(name));
    });
  }
  return [...option.slice(1)].every((letter) =>
    given.some((word) => (word.startsWith("--") ? word[2] === letter : word.includes(letter))),
  );
}
