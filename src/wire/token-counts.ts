import type { TokenUsage } from "./transcript.ts";

/** The most tokens of a call with all its retries; larger figures would make sums inexact. */
export const MAX_TOKENS = 1_000_000_000;

/**
 * The most tokens of one attempt: those of a call and its retries together must fit into a frame.
 */
export const MAX_TOKENS_OF_ONE = 100_000_000;

/**
 * The most web searches of a call, each as expensive as thousands of tokens; and of one attempt.
 */
export const MAX_SEARCHES = 100_000;
export const MAX_SEARCHES_OF_ONE = 10_000;

/** True for a whole number from 0 to `most`. */
export function isCount(value: unknown, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

/**
 * True for a number of tokens that a call can reach; others are faults or forged, and would make
 * sums inexact.
 */
export function isTokens(value: unknown): value is number {
  return isCount(value, MAX_TOKENS);
}

/** True when every figure is one that a call can reach: they may come from a user-code host. */
export function isUsage(value: unknown): value is TokenUsage {
  if (typeof value !== "object" || value === null) return false;
  const usage = value as { readonly [F in keyof TokenUsage]: unknown };
  const { cacheWriteTokens, cacheWrite1hTokens = 0, webSearches = 0 } = usage;
  return (
    isTokens(usage.inputTokens) &&
    isTokens(usage.cacheReadTokens) &&
    isTokens(cacheWriteTokens) &&
    isTokens(usage.outputTokens) &&
    isCount(cacheWrite1hTokens, cacheWriteTokens) &&
    isCount(webSearches, MAX_SEARCHES)
  );
}

/** Returns all input tokens of a call, cached or not. */
export function promptOf({ inputTokens, cacheReadTokens, cacheWriteTokens }: TokenUsage): number {
  return inputTokens + cacheReadTokens + cacheWriteTokens;
}
