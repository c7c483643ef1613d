import type { Amounts, Stretch } from "../../machines/budget/budget.ts";
import type { Used } from "../../machines/budget/request.ts";
import type { ModelSpec } from "../wire/spec.ts";
import { promptOf } from "../wire/token-counts.ts";
import { mostTokens } from "../wire/token-estimate.ts";
import type { TokenUsage } from "../wire/transcript.ts";
import { FREE, type Price } from "./price-table.ts";
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
  /** Part of its prompt is to be kept in the cache for an hour. */
  readonly forAnHour?: boolean | undefined;
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
  const { model, inputTokens, maxTokens, exact, forAnHour, again = false } = ask;
  const modelCalls = again ? 0 : 1;
  if (exact !== undefined) {
    const { nanoUsd, tokens } = usedBy(model, exact, prices);
    return { amounts: { nanoUsd, tokens, toolCalls: 0, modelCalls }, stretch: undefined };
  }
  const rate = priceFor(prices.of(model) ?? FREE, mostTokens(inputTokens));
  const nanoUsd = inputTokens * Math.max(rate.input, writePrice({ model, forAnHour }, rate));
  return {
    amounts: { nanoUsd, tokens: inputTokens, toolCalls: 0, modelCalls },
    stretch: {
      per: { nanoUsd: rate.output, tokens: 1 },
      least: Math.min(LEAST_OUTPUT_TOKENS, maxTokens),
      most: maxTokens,
    },
  };
}

/** @param length of the prompt that its price goes by; default: what its usage says */
export function usedBy(
  model: ModelSpec,
  usage: TokenUsage,
  prices: PriceList,
  length = promptOf(usage),
): Used {
  const { outputTokens } = usage;
  return {
    nanoUsd: prices.cost(model, usage, length),
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
 * What a call came to that was cut off. Where its service had not said how long the prompt is, that
 * is what was reserved for it, as dear as it was reserved.
 */
export function usedByCut(
  ask: ModelAsk,
  said: TokenUsage,
  prices: PriceList,
): { readonly usage: TokenUsage; readonly used: Used } {
  const { model, inputTokens, exact, forAnHour } = ask;
  if (exact !== undefined || promptOf(said) > 0) {
    return { usage: said, used: usedBy(model, said, prices) };
  }
  const length = mostTokens(inputTokens);
  const rate = priceFor(prices.of(model) ?? FREE, length);
  const isDearer = writePrice(ask, rate) > rate.input;
  const written = { ...said, cacheWriteTokens: inputTokens };
  const kept = forAnHour ? { ...written, cacheWrite1hTokens: inputTokens } : written;
  const usage = isDearer ? kept : { ...said, inputTokens };
  return { usage, used: usedBy(model, usage, prices, length) };
}

/**
 * The price of the dearest way in which the whole prompt may be written to the cache: our own
 * caching is on by default, and a module may say that it did. 0 where it may not be.
 */
function writePrice(
  { model, forAnHour }: Pick<ModelAsk, "model" | "forAnHour">,
  { input, cacheWrite, cacheWrite1h = 2 * input }: Price,
): number {
  if ("cache" in model && model.cache === false) return 0;
  return forAnHour ? cacheWrite1h : cacheWrite;
}

/** What was used as tokens of a call, where nobody said of which kind they were. */
export function usageIn({ tokens, outputTokens }: Used): TokenUsage {
  const inputTokens = tokens - outputTokens;
  return { inputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens };
}
