import type { Source } from "./source.ts";

const MODIFIERS = "(?:(?:public|private|protected|static|override|readonly|async|get|set) +)*";

/** Whether a file declares a function, a class, a constant, a method or a field of this name. */
export function declares({ code }: Source, name: string): boolean {
  const exact = name.replace(/[$]/g, "\\$&");
  const kinds = "(?:abstract +|async +)*(?:function\\*?|class|const|let)";
  const declared = `^(?:export +)?${kinds} +${exact}\\b`;
  const field = `^ +${MODIFIERS}${exact} *(?::|=(?!=))`;
  if (new RegExp(`${declared}|${field}`, "m").test(code)) return true;
  const method = new RegExp(`^ +${MODIFIERS}\\*?${exact}(?:<[^()]*>)?\\(`, "gm");
  return [...code.matchAll(method)].some((match) => {
    // A call looks the same up to its closing bracket.
    return /^\s*[:{]/.test(code.slice(closingOf(code, match.index + match[0].length)));
  });
}

/** The offset behind the bracket that closes what was opened right before `from`. */
function closingOf(code: string, from: number): number {
  let open = 1;
  let at = from;
  for (; at < code.length && open > 0; at += 1) {
    if (code[at] === "(") open += 1;
    if (code[at] === ")") open -= 1;
  }
  return at;
}
