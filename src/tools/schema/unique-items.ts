import type { Json } from "../../wire/json.ts";

/** Whether no two items are equal, in time in proportion to what they hold. */
export function areUnique(items: readonly Json[]): boolean {
  const seen = new Set<string | number | boolean | null>();
  for (const item of items) {
    // A text that could be taken for the key of a list or object has a sign before it.
    seen.add(typeof item === "string" ? `"${item}` : keyOf(item));
  }
  return seen.size === items.length;
}

/** The same for equal values, in whatever order their keys stand. */
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
