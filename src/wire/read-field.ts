import { clip } from "./clip.ts";

/** The most characters kept of a text: the thrower decides its length. */
export const MAX_READ = 64_000;

/** Returns a field of any value if it is a string; undefined also when reading it throws. */
export function fieldOf(value: unknown, field: string): string | undefined {
  const read = readField(value, field);
  return typeof read === "string" ? clip(read, MAX_READ) : undefined;
}

/** Returns a field of any value; undefined when it is missing, or when reading it throws. */
export function readField(value: unknown, field: string): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) {
    return undefined;
  }
  try {
    return Reflect.get(value, field);
  } catch {
    return undefined;
  }
}
