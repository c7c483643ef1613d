import { isCount, MAX_SEARCHES_OF_ONE, MAX_TOKENS_OF_ONE } from "../wire/token-counts.ts";
import type { TokenUsage } from "../wire/transcript.ts";
import { tokenUsageOf } from "./token-usage.ts";

type Fields = { readonly [field: string]: unknown };

/**
 * Returns the usage of a call after one more report of its service, which reports totals.
 *
 * **Guarantees** Never less than before: a report, or a field of one, that is missing, null, 0 or
 * no count of tokens changes nothing.
 * @param report the `usage` of an event, unchecked
 */
export function reported(report: unknown, known: TokenUsage): TokenUsage {
  const usage = fieldsOf(report);
  const created = fieldsOf(usage.cache_creation);
  const oneHour = larger(known.cacheWrite1hTokens, created.ephemeral_1h_input_tokens);
  const fiveMinutes = larger(0, created.ephemeral_5m_input_tokens);
  const written = larger(known.cacheWriteTokens, usage.cache_creation_input_tokens);
  const searches = fieldsOf(usage.server_tool_use).web_search_requests;
  return tokenUsageOf({
    inputTokens: larger(known.inputTokens, usage.input_tokens),
    cacheReadTokens: larger(known.cacheReadTokens, usage.cache_read_input_tokens),
    // The parts may come without their sum.
    cacheWriteTokens: Math.min(Math.max(written, oneHour + fiveMinutes), MAX_TOKENS_OF_ONE),
    cacheWrite1hTokens: oneHour,
    outputTokens: larger(known.outputTokens, usage.output_tokens),
    webSearches: larger(known.webSearches, searches, MAX_SEARCHES_OF_ONE),
  });
}

function larger(known = 0, value: unknown, most = MAX_TOKENS_OF_ONE): number {
  return isCount(value, most) ? Math.max(known, value) : known;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
