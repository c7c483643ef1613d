import type { Json } from "./json.ts";

/** The most that one call may be given, in bytes of its input as JSON. */
export const MOST_INPUT_BYTES = 1_000_000;

/**
 * About how many bytes a value is as JSON, without writing it out; once it is over `most`, only
 * that it is.
 *
 * **Gotcha** what JSON would escape counts as it stands: a text is never longer than it seems.
 */
export function jsonBytes(value: Json | undefined, most: number): number {
  if (typeof value === "string") {
    return value.length > most ? value.length : Buffer.byteLength(value) + 2;
  }
  if (typeof value === "number") return String(value).length;
  if (typeof value !== "object" || value === null) return 4;
  // Two brackets, and a comma less than there are items.
  let bytes = 1;
  if (Array.isArray(value)) {
    for (const item of value) {
      bytes += 1 + jsonBytes(item, most - bytes);
      if (bytes > most) break;
    }
  } else {
    for (const [key, item] of Object.entries(value)) {
      bytes += Buffer.byteLength(key) + 4 + jsonBytes(item, most - bytes);
      if (bytes > most) break;
    }
  }
  return Math.max(2, bytes);
}
