/** The length of the shortest slice: V8 copies shorter ones. */
const LEAST_SLICE = 13;

/**
 * True for a string that may be a slice, which keeps the whole string it was cut from in memory.
 */
export function mayBeSlice(text: string): boolean {
  return text.length >= LEAST_SLICE;
}

/** Returns a well-formed copy of a string that keeps no other one in memory. */
export function ownText(text: string): string {
  return mayBeSlice(text) ? Buffer.from(text).toString() : text;
}
