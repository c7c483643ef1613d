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
  const rate = priceFor(prices.of(model) ?? FREE, mostTokens(inputTokens));
  // The whole prompt may be written to the cache: our own caching is on by default, and a module
  // may say that it did.
  const cached = !("cache" in model && model.cache === false);
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
  const { outputTokens } = usage;
  return {
    nanoUsd: prices.cost(model, usage),
    tokens: promptOf(usage) + outputTokens,
    outputTokens,
  };
}

/** What was used as tokens of a call, where nobody said of which kind they were. */
export function usageIn({ tokens, outputTokens }: Used): TokenUsage {
  const inputTokens = tokens - outputTokens;
  return { inputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens };
}
