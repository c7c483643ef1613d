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
  if (typeof value !== "object" || value === null) return value;
  return JSON.stringify(value, sortedKeys);
}

function sortedKeys(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  // As pairs: an object puts keys that are numbers first by itself, and has no room for others.
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return { "{": entries };
}
