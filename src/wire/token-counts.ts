import type { TokenUsage } from "./transcript.ts";

/** All input of a call, whatever it cost. */
export function promptOf({ inputTokens, cacheReadTokens, cacheWriteTokens }: TokenUsage): number {
  return inputTokens + cacheReadTokens + cacheWriteTokens;
}
