const MAX_CHARACTERS = 8192;

/** Signs that make it impossible to tell from the text which program runs. */
const UNSURE: readonly RegExp[] = [
  // Variables and substitutions, those of Windows with parts and replacements too.
  /[$`]|%\w+%|!\w+!|%\w+:(~|[^%=\s]+=)/,
  // Characters by number, which `printf` and others decode.
  /\\[0-7xu]/,
  // Sets and choices of characters: `r[m]`, `{r,}m`, `+(r)m`.
  /[[\]]|[?*+@!]\(/,
  // Invisible characters.
  /[^\P{Cc}\t\n\r]|\p{Cf}/u,
];

/** Braces that only group commands, or stand for a file name (`find -exec`). */
const PLAIN_BRACES = /(^|[\s;])(\{\}|\{|\})(?=[\s;]|$)/g;

/** Options of PowerShell for an encoded command. */
const ENCODED = /\s[-/\u2013-\u2015]e(c|n[a-z]*)?\s/;

/** Programs that run the text that they read. */
const SHELLS =
  /(^|\/)((r?ba|z|[mo]?k|pdk|da|ya|a|fi|t?c|pw)?sh[\d.-]*|powershell|cmd|eval|source)(\.exe)?$/;

/** Programs that run the text that they read when they are given no script. */
const INTERPRETERS =
  /(^|\/)(python|pypy|perl|ruby|node|deno|bun|php|lua|tclsh|expect|parallel)[\d.]*(\.exe)?$/;

/** Arguments that stand for the text that is read. */
const READ_TEXT = /^(-.*|\/dev\/stdin|(\/dev|\/proc\/self)\/fd\/0)$/;
/** A pipe into another program. */
const PIPE = /(?<!\|)\|(?!\|)&?/;
/** Shells and runners whose names are common words or signs, where a program stands. */
const SHORT_NAMES = /(^|[|;&({])\s*(\.\s|(su|at|batch)(\s|$))/;

/**
 * Returns every word of a command that may name a program or be given to one, in order and in lower
 * case, whatever separates them: operators, quotes, assignments, redirections. Used for rules that
 * take away, since the programs before a word decide whether it is a program.
 *
 * **Guarantees** undefined where a shell, or a program that it starts, could make other words of
 * it: variables, substitutions, braces, sets of characters, characters by number, text that is
 * piped or redirected into a shell or piped into an interpreter, encoded commands, and an empty
 * command.
 * **Gotcha** no program is looked into: a script, a `Makefile` or an alias may run anything. Only
 * an allow of the programs that may run is a barrier.
 */
export function commandWords(command: string): readonly string[] | undefined {
  if (command.length > MAX_CHARACTERS || !command.isWellFormed()) return undefined;
  const joined = command
    .normalize("NFKC")
    .replace(/\\\r?\n/g, "")
    .toLowerCase();
  const text = joined.replace(PLAIN_BRACES, "$1 ");
  if (UNSURE.some((sign) => sign.test(text)) || /[{}]/.test(text)) return undefined;
  if (/powershell|pwsh/.test(text) && ENCODED.test(text)) return undefined;
  const plain = text.replace(/['"^]/g, "");
  // A quote may begin the value of an option: `su -c"rm x"`.
  const spaced = /['"]/.test(text) ? [text.replace(/['"^]/g, " ")] : [];
  const words = [plain, ...spaced].flatMap(readings).flatMap(split);
  if (words.length === 0) return undefined;
  return feedsShell(text, words) ? undefined : words.flatMap(withParts);
}

/** Returns the readings of a backslash: a quote, a separator on Windows, or an escaped space. */
function readings(text: string): string[] {
  if (!text.includes("\\")) return [text];
  const asSpace = text.replace(/\\[_fnrtv]/g, " ").replaceAll("\\", "");
  return [text.replaceAll("\\", ""), text.replaceAll("\\", "/"), asSpace];
}

/** Returns a word with the program that may be part of it: `-Srm`, `/cdel`, `del/f/q`. */
function withParts(word: string): string[] {
  const [, given] = /^(?:-[a-z]|\/[ck])([^-/].*)$/.exec(word) ?? [];
  const [, program] = /^([^/-][^/]*)(?:\/[a-z?])+$/.exec(word) ?? [];
  return [word, given, program].filter((part) => part !== undefined);
}

function feedsShell(text: string, words: readonly string[]): boolean {
  if (!/[|<]/.test(text)) return false;
  if (SHORT_NAMES.test(text) || words.some((word) => SHELLS.test(word))) return true;
  const behind = text
    .replace(/['"^\\]/g, "")
    .split(PIPE)
    .slice(1);
  return behind
    .flatMap((piece) => piece.split(/[;&|\n)]/))
    .some((piece) => {
      const own = split(piece);
      const at = own.findIndex((word) => INTERPRETERS.test(word));
      return at >= 0 && own.slice(at + 1).every((word) => READ_TEXT.test(word));
    });
}

function split(text: string): string[] {
  return text.split(/[\s;&|<>()=,!]+/).filter((word) => word !== "");
}
