import type { Amounts, Stretch } from "../../machines/budget/budget.ts";
import type { Used } from "../../machines/budget/request.ts";
import type { ModelSpec } from "../wire/spec.ts";
import { promptOf } from "../wire/token-counts.ts";
import { mostTokens } from "../wire/token-estimate.ts";
import type { TokenUsage } from "../wire/transcript.ts";
import { FREE, type Price } from "./price-table.ts";
import { type PriceList, priceFor } from "./prices.ts";

export { isTokens, isUsage } from "../wire/token-counts.ts";

/** A request for a model call. */
export interface ModelCheck {
  readonly callId: string;
  readonly model: ModelSpec;
  /** Estimated tokens of the prompt. */
  readonly inputTokens: number;
  /** The most output tokens that are wanted. */
  readonly maxTokens: number;
  /** The usage of a scripted model, known beforehand and reserved exactly, without `maxTokens`. */
  readonly exact?: TokenUsage | undefined;
  /** True when a part of the prompt is to be cached for an hour. */
  readonly forAnHour?: boolean | undefined;
  /** True for a retry after a failed attempt, which counts no further `modelCalls`. */
  readonly again?: boolean | undefined;
}

export interface Demand {
  readonly amounts: Amounts;
  readonly stretch: Stretch | undefined;
}

/** The fewest output tokens that are useful: a call is refused rather than cut further. */
const LEAST_OUTPUT_TOKENS = 1024;

/** Returns the amounts to reserve for a call, at the dearest way that its prompt can be billed. */
export function demandOf(ask: Omit<ModelCheck, "callId">, prices: PriceList): Demand {
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

/**
 * Returns the amounts of a usage.
 *
 * @param length of the prompt that its price goes by; default: as its usage says
 */
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
 * Returns all that a call needs whose service has said how long its prompt is: that prompt and all
 * of the granted output, at the price for a prompt of that length.
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
 * Returns the usage of a call that was cut off. Where its service had not yet said how long the
 * prompt is, the prompt is charged as it was reserved, at the same price.
 */
export function usedByCut(
  ask: ModelCheck,
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
 * Returns the dearest price at which the whole prompt may be written to the cache; 0 where it
 * cannot be. Our own caching is on by default, and a module may report cache writes of its own.
 */
function writePrice(
  { model, forAnHour }: Pick<ModelCheck, "model" | "forAnHour">,
  { input, cacheWrite, cacheWrite1h = 2 * input }: Price,
): number {
  if ("cache" in model && model.cache === false) return 0;
  return forAnHour ? cacheWrite1h : cacheWrite;
}

/** Returns an amount as the tokens of a call, where their kinds are not known. */
export function usageIn({ tokens, outputTokens }: Used): TokenUsage {
  const inputTokens = tokens - outputTokens;
  return { inputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens };
}
