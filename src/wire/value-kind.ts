import { quoted } from "./shown-text.ts";

/** Characters of a text that are quoted in an error. */
const MAX_QUOTED = 60;

/** Returns a value as an error names it: `"2"`, `1.5`, `a list`, `an object`, `a Date`. */
export function valueKind(value: unknown): string {
  if (typeof value === "string") return quoted(value, MAX_QUOTED);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return "a list";
  const name = Object.prototype.toString.call(value).slice(8, -1);
  return withArticle(name === "Object" ? "object" : name);
}

/** Returns a noun with `a` or `an` before it. */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? "an" : "a"} ${noun}`;
}
