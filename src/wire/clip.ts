/**
 * Returns the beginning of a text, at most `most` UTF-16 units long, and never cuts a surrogate
 * pair: services, stores and encoders refuse half of one.
 */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most);
}

/** Clips a text as {@link clip} does, and appends the number of missing characters. */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  const shown = clip(text, most);
  return `${shown}... (${text.length - shown.length} more characters)`;
}

/** Returns the end of a text, as {@link clip} returns its beginning. */
export function clipStart(text: string, most: number): string {
  if (text.length <= most) return text;
  const from = text.length - most;
  const first = text.charCodeAt(from);
  return text.slice(first >= 0xdc00 && first <= 0xdfff ? from + 1 : from);
}
