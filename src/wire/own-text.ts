/** V8 copies shorter slices. */
const LEAST_SLICE = 13;

/** True for a text that may be a slice, which holds on to all that it was cut from. */
export function mayBeSlice(text: string): boolean {
  return text.length >= LEAST_SLICE;
}

/** The text in memory of its own, well formed. */
export function ownText(text: string): string {
  return mayBeSlice(text) ? Buffer.from(text).toString() : text;
}
