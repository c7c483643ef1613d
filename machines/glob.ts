/**
 * Compiles a pattern in which `*` stands for any characters, including `/` and `:`, and everything
 * else for itself. Time is at most the product of both lengths, for any pattern.
 */
export function compileGlob(pattern: string): (subject: string) => boolean {
  if (!pattern.includes("*")) return (subject) => subject === pattern;
  const parts = pattern.split("*");
  const start = parts[0]!;
  const end = parts.at(-1)!;
  const between = parts.slice(1, -1).filter((part) => part !== "");
  const shortest = start.length + end.length;
  return (subject) => {
    if (subject.length < shortest || !subject.startsWith(start) || !subject.endsWith(end)) {
      return false;
    }
    // Each part is matched where it first occurs: a later match never leaves more room.
    let from = start.length;
    for (const part of between) {
      const at = subject.indexOf(part, from);
      if (at < 0) return false;
      from = at + part.length;
    }
    return from <= subject.length - end.length;
  };
}

/** True when some text is matched by both patterns. Time is the product of both lengths. */
export function globsMeet(a: string, b: string): boolean {
  // `at[n]` is true when what was read of `a` can match what the first n characters of `b` do.
  let at = [true];
  for (let n = 0; n < b.length; n++) at.push(at[n]! && b[n] === "*");
  for (const character of a) {
    const next = [character === "*" && at[0]!];
    for (let n = 0; n < b.length; n++) {
      const isStar = character === "*" || b[n] === "*";
      const both = at[n]! && (isStar || character === b[n]);
      const more = (b[n] === "*" && (at[n + 1]! || next[n]!)) || (character === "*" && next[n]!);
      next.push(both || more || (character === "*" && at[n + 1]!));
    }
    at = next;
  }
  return at.at(-1)!;
}

/**
 * Compiles a pattern of parts, such as a path: `**` stands for any number of them, including none,
 * and `*` for any characters within one. Time is at most the product of both lengths.
 */
export function compileParts(pattern: readonly string[]): (parts: readonly string[]) => boolean {
  const tests = pattern.map((part) => (part === "**" ? undefined : compileGlob(part)));
  return (parts) => {
    // `at[n]` is true when the first n tests can match the parts seen so far.
    let at = [true, ...tests.map((_, n) => tests.slice(0, n + 1).every(isAnyNumber))];
    for (const part of parts) {
      const next = [false];
      tests.forEach((test, n) => {
        next.push(test === undefined ? at[n + 1]! || next[n]! : at[n]! && test(part));
      });
      at = next;
    }
    return at.at(-1)!;
  };
}

const isAnyNumber = (test: unknown): boolean => test === undefined;

/**
 * Compiles a pattern of a command's words. `*` within a word stands for any characters of that
 * word, but at its beginning not for a `-`: options can make a harmless program run anything. A `*`
 * or `-*` at the end stands for any further words, in any order: `*` for plain ones, `-*` for
 * options, `-* *` for both.
 */
export function compileWords(pattern: readonly string[]): (words: readonly string[]) => boolean {
  const tail = pattern.length - pattern.findLastIndex((word) => !isRest(word)) - 1;
  const tests = pattern.slice(0, pattern.length - tail).map(compileWord);
  const rest = pattern.slice(pattern.length - tail).map(compileWord);
  return (words) =>
    words.length >= tests.length &&
    tests.every((test, n) => test(words[n]!)) &&
    words.slice(tests.length).every((word) => rest.some((test) => test(word)));
}

const isRest = (word: string): boolean => word === "*" || word === "-*";

function compileWord(pattern: string): (word: string) => boolean {
  const matches = compileGlob(pattern);
  if (!pattern.startsWith("*")) return matches;
  return (word) => !word.startsWith("-") && matches(word);
}
