import type { TokenUsage } from "../wire/transcript.ts";

export const noTokens: TokenUsage = Object.freeze({
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
});

/** Returns a usage without the two rare figures when they are 0. */
export function tokenUsageOf({
  cacheWrite1hTokens = 0,
  webSearches = 0,
  ...usage
}: TokenUsage): TokenUsage {
  return {
    ...usage,
    ...(cacheWrite1hTokens > 0 && { cacheWrite1hTokens }),
    ...(webSearches > 0 && { webSearches }),
  };
}

export function addTokens(a: TokenUsage, b: TokenUsage): TokenUsage {
  return tokenUsageOf({
    inputTokens: a.inputTokens + b.inputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    cacheWrite1hTokens: (a.cacheWrite1hTokens ?? 0) + (b.cacheWrite1hTokens ?? 0),
    outputTokens: a.outputTokens + b.outputTokens,
    webSearches: (a.webSearches ?? 0) + (b.webSearches ?? 0),
  });
}

/** Returns the larger of each figure in two reports of totals: a later report never reduces one. */
export function largerTokens(a: TokenUsage, b: TokenUsage): TokenUsage {
  return tokenUsageOf({
    inputTokens: Math.max(a.inputTokens, b.inputTokens),
    cacheReadTokens: Math.max(a.cacheReadTokens, b.cacheReadTokens),
    cacheWriteTokens: Math.max(a.cacheWriteTokens, b.cacheWriteTokens),
    cacheWrite1hTokens: Math.max(a.cacheWrite1hTokens ?? 0, b.cacheWrite1hTokens ?? 0),
    outputTokens: Math.max(a.outputTokens, b.outputTokens),
    webSearches: Math.max(a.webSearches ?? 0, b.webSearches ?? 0),
  });
}
