import type { TokenUsage } from "./transcript.ts";

/** More tokens than any call can use, its retries among them; larger figures make sums inexact. */
export const MOST_TOKENS = 1_000_000_000;

/** As many of one attempt alone: what a call and its retries use together must fit in a frame. */
export const MOST_TOKENS_OF_ONE = 100_000_000;

/** Web searches of a call, each as dear as thousands of tokens; and those of one attempt. */
export const MOST_SEARCHES = 100_000;
export const MOST_SEARCHES_OF_ONE = 10_000;

/** A whole number from 0 to `most`. */
export function isCount(value: unknown, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

/** A figure no call can reach is a fault or a lie, and would make sums inexact. */
export function isTokens(value: unknown): value is number {
  return isCount(value, MOST_TOKENS);
}

/** Whether every figure is one that a call can reach: they may come from a guest's host. */
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
    isCount(webSearches, MOST_SEARCHES)
  );
}

/** All input of a call, whatever it cost. */
export function promptOf({ inputTokens, cacheReadTokens, cacheWriteTokens }: TokenUsage): number {
  return inputTokens + cacheReadTokens + cacheWriteTokens;
}
