import { clip } from "../wire/clip.ts";
import { withoutSecrets } from "../wire/secrets.ts";
import type { Happening } from "./happening.ts";
import { oneLine } from "./visible.ts";

/** UTF-16 units of a line, at most. */
export const MAX_LOG_LINE_LENGTH = 1_000;
/** UTF-16 units of a detail that are read: removing parts of it may leave less than a line. */
const MAX_READ = 4 * MAX_LOG_LINE_LENGTH;

/**
 * Lays a happening out as one line of a log: date, path, what happened, details.
 *
 * **Guarantees** one line of at most 1,000 characters, without control characters and what looks
 * like a secret, whatever a model, a tool or a server has said.
 * @param at milliseconds since the epoch
 */
export function logLine({ what, detail }: Happening, path: string, at: number): string {
  const date = new Date(at).toISOString();
  const text = withoutSecrets(clip(detail, MAX_READ));
  const line = oneLine(`${date} ${path} ${what} ${text}`);
  if (line.length <= MAX_LOG_LINE_LENGTH && detail.length <= MAX_READ) return line;
  return `${clip(line, MAX_LOG_LINE_LENGTH - 1)}…`;
}
