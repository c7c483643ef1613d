const MOST_CHARACTERS = 8192;

/** Where these stand, what is run cannot be told from the text. */
const UNSURE: readonly RegExp[] = [
  // Variables and substitutions.
  /[$`]|%\w+%/,
  // Characters by number, which `printf` and others decode.
  /\\[0-7xu]/,
  // Sets and choices of characters: `r[m]`, `{r,}m`, `+(r)m`.
  /[[\]]|[?*+@!]\(/,
  // What is not seen.
  /[^\P{Cc}\t\n\r]|\p{Cf}/u,
];

/** Braces that only group commands, or stand for a file name (`find -exec`). */
const PLAIN_BRACES = /(^|[\s;])(\{\}|\{|\})(?=[\s;]|$)/g;

/** Programs that run what they read. */
const SHELLS = /(^|\/)(ba|z|k|da|a|fi|c|tc|pw)?sh$|^(powershell|cmd|eval|source)$/;

/**
 * Every word of a command that may name a program or be given to one, in order and in small
 * letters, whatever stands between them: operators, quotes, assignments, redirections. For rules
 * that take away: which of the words are programs depends on the programs before them.
 *
 * **Guarantees** undefined where a shell, or what the shell starts, could make other words of it:
 * variables, substitutions, braces, sets of characters, characters by number, text that is piped
 * or redirected into a shell, and nothing at all.
 * **Gotcha** no program is looked into: a script, a `Makefile` or an alias may run anything. Only
 * an allow of what may be run is a wall.
 */
export function commandWords(command: string): readonly string[] | undefined {
  if (command.length > MOST_CHARACTERS || !command.isWellFormed()) return undefined;
  const joined = command
    .normalize("NFKC")
    .replace(/\\\r?\n/g, "")
    .toLowerCase();
  const text = joined.replace(PLAIN_BRACES, "$1 ");
  if (UNSURE.some((sign) => sign.test(text)) || /[{}]/.test(text)) return undefined;
  const plain = text.replace(/['"^]/g, "");
  // A backslash is a quote, or between the names of a path on Windows.
  const words = [...split(plain.replaceAll("\\", ""))];
  if (plain.includes("\\")) words.push(...split(plain.replaceAll("\\", "/")));
  if (words.length === 0) return undefined;
  const feedsShell = /[|<]/.test(text) && words.some((word) => SHELLS.test(word));
  return feedsShell ? undefined : words;
}

function split(text: string): string[] {
  return text.split(/[\s;&|<>()=,!]+/).filter((word) => word !== "");
}
