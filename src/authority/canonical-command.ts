import type { ReadValue } from "../../machines/capability/arguments.ts";

const MAX_CHARACTERS = 8192;

/** A word without any character that a shell gives a meaning. */
const PLAIN_WORD = /^[\p{L}\p{M}\p{N}_\-./:=@%+,~]+$/u;

/**
 * Returns a command as its words, separated by one space. Only words that no shell could act on are
 * read: letters, digits and `_ - . / : = @ % + , ~`.
 *
 * **Guarantees** these are unreadable: operators, substitutions, redirections, quotes, backslashes,
 * globs, braces, variables, comments, line ends, a home folder (`~` where a shell expands it), an
 * assignment before the program, and any space other than the common one.
 * **Gotcha** a command names a program, but `PATH` decides which one runs. For a deny a command is
 * read by `command-words.ts`, which looks for everything that it may run.
 */
export function canonicalCommand(command: string): ReadValue {
  const words = command.split(" ").filter((word) => word !== "");
  const why = command.length > MAX_CHARACTERS ? "it is too long" : ambiguity(words);
  if (why !== undefined) return { text: command, unreadable: why };
  return { text: words.join(" "), parts: words };
}

function ambiguity(words: readonly string[]): string | undefined {
  const [program] = words;
  if (program === undefined) return "it is empty";
  if (program.includes("=")) return "it begins with an assignment";
  for (const word of words) {
    if (!PLAIN_WORD.test(word)) return `a shell could act on ${JSON.stringify(word)}`;
    if (/(^|[:=])~/.test(word)) return `"${word}" names a home folder`;
    if (/^=|%\w+%/.test(word)) return `"${word}" is expanded by some shells`;
  }
  return undefined;
}
