/**
 * Compiles a pattern in which `*` stands for any characters, `/` and `:` among them, and
 * everything else for itself. Time is at most the product of both lengths, for any pattern.
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
    // Each part where it first occurs: a later place never leaves more room for the rest.
    let from = start.length;
    for (const part of between) {
      const at = subject.indexOf(part, from);
      if (at < 0) return false;
      from = at + part.length;
    }
    return from <= subject.length - end.length;
  };
}
