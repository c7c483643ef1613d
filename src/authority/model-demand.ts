import type { Amounts, Stretch, Used } from "../../machines/budget.ts";
import type { ModelSpec } from "../wire/spec.ts";
import { promptOf } from "../wire/token-counts.ts";
import { mostTokens } from "../wire/token-estimate.ts";
import type { TokenUsage } from "../wire/transcript.ts";
import { FREE } from "./price-table.ts";
import { type PriceList, priceFor } from "./prices.ts";

export { isTokens, isUsage } from "../wire/token-counts.ts";

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
  /** Asked once more after an attempt that failed: one of `modelCalls` already. */
  readonly again?: boolean | undefined;
}

export interface Demand {
  readonly amounts: Amounts;
  readonly stretch: Stretch | undefined;
}

/** Under this an answer is of little use: a call is refused rather than clipped further. */
const LEAST_OUTPUT_TOKENS = 1024;

/** What to reserve for a call, the dearest way that its prompt can be billed. */
export function demandOf(ask: Omit<ModelAsk, "callId">, prices: PriceList): Demand {
  const { model, inputTokens, maxTokens, exact, again = false } = ask;
  const modelCalls = again ? 0 : 1;
  if (exact !== undefined) {
    const { nanoUsd, tokens } = usedBy(model, exact, prices);
    return { amounts: { nanoUsd, tokens, toolCalls: 0, modelCalls }, stretch: undefined };
  }
  const rate = priceFor(prices.of(model) ?? FREE, mostTokens(inputTokens));
  const perInput = mayBeCached(model) ? Math.max(rate.input, rate.cacheWrite) : rate.input;
  const nanoUsd = inputTokens * perInput;
  return {
    amounts: { nanoUsd, tokens: inputTokens, toolCalls: 0, modelCalls },
    stretch: {
      per: { nanoUsd: rate.output, tokens: 1 },
      least: Math.min(LEAST_OUTPUT_TOKENS, maxTokens),
      most: maxTokens,
    },
  };
}

export function usedBy(model: ModelSpec, usage: TokenUsage, prices: PriceList): Used {
  const { outputTokens } = usage;
  return {
    nanoUsd: prices.cost(model, usage),
    tokens: promptOf(usage) + outputTokens,
    outputTokens,
  };
}

/**
 * What a call needs in all whose service has said how long its prompt is: that, and all of the
 * output that it was granted, at the price that holds for such a prompt.
 */
export function needsOf(
  model: ModelSpec,
  said: TokenUsage,
  outputTokens: number,
  prices: PriceList,
): Amounts {
  const { nanoUsd, tokens } = usedBy(model, { ...said, outputTokens }, prices);
  return { nanoUsd, tokens };
}

/**
 * The usage of a call that was cut off. Where its service had not said how long the prompt is, that
 * is what was reserved for it, as dear as it was reserved.
 */
export function withPrompt(ask: ModelAsk, said: TokenUsage, prices: PriceList): TokenUsage {
  const { model, inputTokens, exact } = ask;
  if (exact !== undefined || promptOf(said) > 0) return said;
  const rate = priceFor(prices.of(model) ?? FREE, inputTokens);
  const isDearer = mayBeCached(model) && rate.cacheWrite > rate.input;
  return isDearer ? { ...said, cacheWriteTokens: inputTokens } : { ...said, inputTokens };
}

/**
 * Whether the whole prompt may be written to the cache: our own caching is on by default, and a
 * module may say that it did.
 */
function mayBeCached(model: ModelSpec): boolean {
  return !("cache" in model && model.cache === false);
}

/** What was used as tokens of a call, where nobody said of which kind they were. */
export function usageIn({ tokens, outputTokens }: Used): TokenUsage {
  const inputTokens = tokens - outputTokens;
  return { inputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens };
}
