/** What the reviewer looks for: a table of patterns, and what only the whole file shows. */
export const SEVERITIES = ["critical", "high", "medium", "low"] as const;

export interface Flaw {
  readonly severity: (typeof SEVERITIES)[number];
  readonly line: number;
  readonly what: string;
  readonly advice: string;
}

type Rule = Omit<Flaw, "line"> & { readonly pattern: RegExp };

const MAX_LINE_LENGTH = 120;
const MAX_FUNCTION_LENGTH = 40;

const RULES: readonly Rule[] = [
  {
    severity: "critical",
    pattern: /(?:key|secret|password)\w*\s*[:=]\s*["'`][^"'`\s]{12,}["'`]/i,
    what: "a secret stands in the source",
    advice: "read it from the environment, and replace it",
  },
  {
    severity: "critical",
    pattern: /\b(?:SELECT|INSERT|UPDATE|DELETE)\b.*["'`]\s*\+/,
    what: "SQL is put together from strings",
    advice: "use parameters",
  },
  {
    severity: "critical",
    pattern: /\beval\(|\bnew Function\(/,
    what: "text is run as code",
    advice: "parse it instead",
  },
  {
    severity: "high",
    pattern: /AI reviewers?\b/i,
    what: "a comment gives orders to reviewers",
    advice: "find out who wrote it, and why",
  },
  {
    severity: "high",
    pattern: /catch\s*(?:\([^)]*\)\s*)?\{\s*\}/,
    what: "an error is swallowed",
    advice: "handle it, or let it through",
  },
  {
    severity: "high",
    pattern: /(?:token|session)\w*\s*=.*Math\.random\(/i,
    what: "a token can be guessed",
    advice: "take crypto.randomUUID()",
  },
  {
    severity: "medium",
    pattern: /[^=!<>]==[^=]/,
    what: "== converts what it compares",
    advice: "write ===",
  },
  {
    severity: "low",
    pattern: /\/\/\s*TO[ -]?DO\b/i,
    what: "something was left for later",
    advice: "do it, or file it",
  },
  {
    severity: "low",
    pattern: /\bconsole\.log\(/,
    what: "it prints",
    advice: "use the logger, or remove it",
  },
  {
    severity: "low",
    pattern: /^(?!\s*(?:\/\/|\*|const [A-Z_]+ =)).*[*<>=/-] ?(?:\d{3,}|\d*\.\d+)\b/,
    what: "a number without a name",
    advice: "name it",
  },
];

/** All flaws of a source text, the worst first. */
export function flawsIn(source: string, hasTest: boolean): Flaw[] {
  const lines = source.split("\n");
  const found = lines.flatMap((text, index) => flawsOfLine(text, index + 1));
  found.push(...longFunctions(lines));
  if (!hasTest) {
    found.push({ severity: "medium", line: 1, what: "it has no test", advice: "write one" });
  }
  const rank = ({ severity }: Flaw) => SEVERITIES.indexOf(severity);
  return found.sort((a, b) => rank(a) - rank(b) || a.line - b.line);
}

function flawsOfLine(text: string, line: number): Flaw[] {
  const found = RULES.filter(({ pattern }) => pattern.test(text));
  const flaws = found.map(({ severity, what, advice }): Flaw => ({ severity, line, what, advice }));
  if (text.length <= MAX_LINE_LENGTH) return flaws;
  const what = `a line of ${text.length} characters`;
  return [...flaws, { severity: "low", line, what, advice: "break it" }];
}

/** Functions at the top level, from their first line to the brace that closes them. */
function longFunctions(lines: readonly string[]): Flaw[] {
  return lines.flatMap((text, index) => {
    const name = text.match(/^(?:export )?(?:async )?function (\w+)/)?.[1];
    if (name === undefined) return [];
    const length = lines.slice(index).indexOf("}") + 1;
    if (length <= MAX_FUNCTION_LENGTH) return [];
    const what = `${name} has ${length} lines`;
    return [{ severity: "medium" as const, line: index + 1, what, advice: "split it" }];
  });
}
