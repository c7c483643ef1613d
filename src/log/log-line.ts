import { clip } from "../wire/clip.ts";
import { withoutSecrets } from "../wire/secrets.ts";
import type { Happening } from "./happening.ts";
import { oneLine } from "./visible.ts";

/** UTF-16 units of a line. */
export const LONGEST_LOG_LINE = 1_000;
/** What is read of a detail: what is taken out of it may leave less than a line. */
const MOST_READ = 4 * LONGEST_LOG_LINE;

/**
 * Lays a happening out as one line of a log: date, path, what happened, details.
 *
 * **Guarantees** one line of at most 1,000 characters, without control characters and what looks
 * like a secret, whatever a model, a tool or a server has said.
 * @param at milliseconds since the epoch
 */
export function logLine({ what, detail }: Happening, path: string, at: number): string {
  const date = new Date(at).toISOString();
  const told = withoutSecrets(clip(detail, MOST_READ));
  const line = oneLine(`${date} ${path} ${what} ${told}`);
  if (line.length <= LONGEST_LOG_LINE && detail.length <= MOST_READ) return line;
  return `${clip(line, LONGEST_LOG_LINE - 1)}…`;
}
