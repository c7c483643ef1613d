/**
 * Blanks comments and the insides of strings, templates and regular expressions, and keeps every
 * offset and line break, so that a rule can search code without meeting prose.
 */
export function maskText(text: string): string {
  let out = "";
  let at = 0;
  // One entry per open template substitution: how many braces are open inside it.
  const substitutions: number[] = [];

  const blankTo = (end: number): void => {
    out += text.slice(at, end).replace(/[^\n]/g, " ");
    at = end;
  };
  const keep = (length = 1): void => {
    out += text.slice(at, at + length);
    at += length;
  };
  const template = (): void => {
    let end = at;
    while (end < text.length && text[end] !== "`" && !text.startsWith("${", end)) {
      end += text[end] === "\\" ? 2 : 1;
    }
    blankTo(Math.min(end, text.length));
    if (text[at] === "$") {
      substitutions.push(0);
      keep(2);
    } else keep();
  };

  while (at < text.length) {
    const char = text[at] as string;
    const open = substitutions.length - 1;
    if (text.startsWith("//", at) || (at === 0 && text.startsWith("#!"))) {
      blankTo(endOr(text, text.indexOf("\n", at)));
    } else if (text.startsWith("/*", at)) {
      const end = text.indexOf("*/", at + 2);
      blankTo(end < 0 ? text.length : end + 2);
    } else if (char === '"' || char === "'") {
      const end = endOfQuoted(text, at);
      keep();
      blankTo(end);
      keep();
    } else if (char === "/" && regexMayStart(out)) {
      const end = endOfRegex(text, at);
      keep();
      blankTo(end);
      keep();
    } else if (char === "`") {
      keep();
      template();
    } else if (char === "}" && substitutions[open] === 0) {
      substitutions.pop();
      keep();
      template();
    } else {
      if (open >= 0 && char === "{") substitutions[open] = (substitutions[open] ?? 0) + 1;
      if (open >= 0 && char === "}") substitutions[open] = (substitutions[open] ?? 0) - 1;
      keep();
    }
  }
  return out;
}

function endOr(text: string, index: number): number {
  return index < 0 ? text.length : index;
}

function endOfQuoted(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && text[end] !== text[start] && text[end] !== "\n") {
    end += text[end] === "\\" ? 2 : 1;
  }
  return Math.min(end, text.length);
}

function endOfRegex(text: string, start: number): number {
  let end = start + 1;
  let inClass = false;
  while (end < text.length && text[end] !== "\n" && (inClass || text[end] !== "/")) {
    if (text[end] === "[") inClass = true;
    if (text[end] === "]") inClass = false;
    end += text[end] === "\\" ? 2 : 1;
  }
  return Math.min(end, text.length);
}

function regexMayStart(before: string): boolean {
  const trimmed = before.trimEnd();
  if (trimmed === "") return true;
  return /(?:[(,=:[!&|?{};+*%<>~^-]|\b(?:return|typeof|case|in|of|await|yield|throw))$/.test(
    trimmed.slice(-12),
  );
}
