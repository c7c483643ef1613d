import type { ReadValue } from "../../machines/capability/arguments.ts";

const MOST_CHARACTERS = 8192;

/** Everything that no shell gives a meaning of its own. */
const PLAIN_WORD = /^[\p{L}\p{M}\p{N}_\-./:=@%+,~]+$/u;

/**
 * A command as its words, which one space separates. Only words without any sign that a shell
 * could act on are read: letters, digits and `_ - . / : = @ % + , ~`.
 *
 * **Guarantees** unreadable are operators, substitutions, redirections, quotes, backslashes,
 * globs, braces, variables, comments, line ends, a home folder (`~` where a shell expands it), an
 * assignment before the program, and any other space than the common one.
 * **Gotcha** a command says which program is named, not which one runs: that is up to `PATH`. For
 * a deny it is read by `command-words.ts`, which looks for all that it may run.
 */
export function canonicalCommand(command: string): ReadValue {
  const words = command.split(" ").filter((word) => word !== "");
  const why = command.length > MOST_CHARACTERS ? "it is too long" : ambiguity(words);
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
