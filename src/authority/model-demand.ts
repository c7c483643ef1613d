import type { Amounts, Stretch, Used } from "../../machines/budget.ts";
import type { ModelSpec } from "../wire/spec.ts";
import type { TokenUsage } from "../wire/transcript.ts";
import { FREE, type PriceList, priceFor } from "./prices.ts";

/** What an agent says of the model call that it wants to make. */
export interface ModelAsk {
  readonly callId: string;
  readonly model: ModelSpec;
  /** Estimated tokens of the prompt. */
  readonly inputTokens: number;
  /** The most output that is wanted. */
  readonly maxTokens: number;
  /** Known beforehand (scripted models): reserved exactly, and `maxTokens` does not count. */
  readonly exact?: TokenUsage | undefined;
}

export interface Demand {
  readonly amounts: Amounts;
  readonly stretch: Stretch | undefined;
}

/** Under this an answer is of little use: a call is refused rather than clipped further. */
const LEAST_OUTPUT_TOKENS = 1024;

/** What to reserve for a call, the dearest way that its prompt can be billed. */
export function demandOf(ask: Omit<ModelAsk, "callId">, prices: PriceList): Demand {
  const { model, inputTokens, maxTokens, exact } = ask;
  if (exact !== undefined) {
    const { nanoUsd, tokens } = usedBy(model, exact, prices);
    return { amounts: { nanoUsd, tokens, toolCalls: 0, modelCalls: 1 }, stretch: undefined };
  }
  const rate = priceFor(prices.of(model) ?? FREE, inputTokens);
  // With prompt caching, which is on by default, the whole prompt may be written to the cache.
  const cached = model.provider === "anthropic" && !("cache" in model && model.cache === false);
  const perInput = cached ? Math.max(rate.input, rate.cacheWrite) : rate.input;
  const nanoUsd = inputTokens * perInput;
  return {
    amounts: { nanoUsd, tokens: inputTokens, toolCalls: 0, modelCalls: 1 },
    stretch: {
      per: { nanoUsd: rate.output, tokens: 1 },
      least: Math.min(LEAST_OUTPUT_TOKENS, maxTokens),
      most: maxTokens,
    },
  };
}

export function usedBy(model: ModelSpec, usage: TokenUsage, prices: PriceList): Used {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = usage;
  const tokens = inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens;
  return { nanoUsd: prices.cost(model, usage), tokens, outputTokens };
}

/** What was used as tokens of a call, where nobody said of which kind they were. */
export function usageIn({ tokens, outputTokens }: Used): TokenUsage {
  const inputTokens = tokens - outputTokens;
  return { inputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens };
}

/** Whether every figure is a whole number of at least 0: they may come from a guest's host. */
export function isUsage(usage: TokenUsage): boolean {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = usage;
  return (
    isTokens(inputTokens) &&
    isTokens(cacheReadTokens) &&
    isTokens(cacheWriteTokens) &&
    isTokens(outputTokens)
  );
}

/** A figure no call can reach is a fault or a lie, and would make sums inexact. */
export function isTokens(count: number): boolean {
  return Number.isSafeInteger(count) && count >= 0 && count <= 1_000_000_000;
}
