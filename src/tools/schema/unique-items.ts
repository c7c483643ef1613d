import type { Json } from "../../wire/json.ts";

/** True when no two items are equal; takes time in proportion to their contents. */
export function areUnique(items: readonly Json[]): boolean {
  const seen = new Set<string | number | boolean | null>();
  for (const item of items) {
    // The prefix keeps a string apart from the key of a list or object.
    seen.add(typeof item === "string" ? `"${item}` : keyOf(item));
  }
  return seen.size === items.length;
}

/** Returns the same key for equal values, in any order of their fields. */
function keyOf(value: Json): string | number | boolean | null {
  return typeof value !== "object" || value === null ? value : textOf(value);
}

function textOf(value: Json | undefined): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(textOf).join()}]`;
  const keys = Object.keys(value).sort();
  const fields = value as { readonly [key: string]: Json };
  return `{${keys.map((key) => `${JSON.stringify(key)}:${textOf(fields[key])}`).join()}}`;
}
