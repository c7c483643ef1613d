/** Formats dollars with as many decimals as the amount leaves room for. */
export function dollars(usd: number, decimals: number): string {
  if (usd >= 1_000) return `$${short(usd)}`;
  return `$${usd.toFixed(usd >= 100 ? 2 : decimals)}`;
}

/** Formats whole seconds in at most six characters: `4s`, `12m05s`, `3h07m`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${two(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 100 ? `${hours}h${two(minutes % 60)}m` : `${Math.floor(hours / 24)}d`;
}

/** Formats a count in at most five characters: `9999`, `12.3k`, `1.2M`. */
export function short(count: number): string {
  if (count < 10_000) return String(Math.round(count));
  if (count < 1e6) return `${(count / 1e3).toFixed(count < 1e5 ? 1 : 0)}k`;
  if (count < 1e9) return `${(count / 1e6).toFixed(count < 1e8 ? 1 : 0)}M`;
  return `${Math.round(count / 1e9)}G`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
