import { clip } from "./clip.ts";

/** More of a text is not kept: whoever throws chooses how long it is. */
export const MOST_READ = 64_000;

/** A field of anything, where it is text; undefined also where reading it throws. */
export function fieldOf(value: unknown, field: string): string | undefined {
  const read = readField(value, field);
  return typeof read === "string" ? clip(read, MOST_READ) : undefined;
}

/** A field of anything; undefined where there is none, and where reading it throws. */
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
