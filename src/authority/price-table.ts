/** Nano-dollars per token: one dollar per million tokens is 1,000. */
export interface Price {
  readonly input: number;
  /** Input written to the cache for five minutes, the only kind that Coppice itself asks for. */
  readonly cacheWrite: number;
  /** Input written for one hour. Default: twice `input`, as for every model of Anthropic. */
  readonly cacheWrite1h?: number;
  readonly cacheRead: number;
  readonly output: number;
  /** One web search by the service. Default: one cent. Fetching a page is free. */
  readonly webSearch?: number;
  /** The price of a whole call whose prompt, cached tokens included, is longer than `tokens`. */
  readonly beyond?: { readonly tokens: number; readonly price: Price };
}

const price = (input: number, cacheWrite: number, cacheRead: number, output: number): Price => ({
  input,
  cacheWrite,
  cacheRead,
  output,
});

const fable5 = price(10_000, 12_500, 1_000, 50_000);
const fable51 = price(10_000, 12_500, 250, 50_000);
const fable52 = price(8_000, 10_000, 200, 40_000);
const opus45 = price(5_000, 6_250, 500, 25_000);
const opus4 = price(15_000, 18_750, 1_500, 75_000);
const sonnet4 = price(3_000, 3_750, 300, 15_000);

/**
 * Anthropic's list prices for its own API, by model id without its date.
 *
 * Source: https://platform.claude.com/docs/en/about-claude/pricing, as published in October 2026.
 * Batch, fast mode and regional surcharges are not included: Coppice uses none of them. Two rows
 * have other sources. Fable 5.2 is as a tool that reads that page gives it
 * (https://github.com/archid21/rightsize/releases/tag/v0.10.2), and Mythos 5.2 as every Mythos,
 * which has the price of the Fable of its number. Mythos Preview is as announced in April 2026
 * (https://www.anthropic.com/glasswing): 25 and 125 dollars, the cache by the usual shares.
 */
export const PRICES: Readonly<Record<string, Price>> = {
  "claude-fable-5-2": fable52,
  "claude-mythos-5-2": fable52,
  "claude-mythos-preview": price(25_000, 31_250, 2_500, 125_000),
  "claude-fable-5-1": fable51,
  "claude-mythos-5-1": fable51,
  "claude-fable-5": fable5,
  "claude-mythos-5": fable5,
  "claude-opus-5-5": price(4_000, 5_000, 200, 20_000),
  "claude-opus-5": opus45,
  "claude-opus-4-8": opus45,
  "claude-opus-4-7": opus45,
  "claude-opus-4-6": opus45,
  "claude-opus-4-5": opus45,
  "claude-opus-4-1": opus4,
  "claude-opus-4-0": opus4,
  "claude-opus-4": opus4,
  "claude-3-opus": opus4,
  "claude-sonnet-5-5": price(2_000, 2_500, 100, 10_000),
  "claude-sonnet-5": price(2_000, 2_500, 200, 10_000),
  "claude-sonnet-4-6": sonnet4,
  "claude-sonnet-4-5": sonnet4,
  "claude-sonnet-4-0": sonnet4,
  "claude-sonnet-4": sonnet4,
  "claude-3-7-sonnet": sonnet4,
  "claude-3-5-sonnet": sonnet4,
  "claude-haiku-5-5": {
    ...price(100, 125, 10, 500),
    beyond: { tokens: 100_000, price: price(500, 625, 50, 2_500) },
  },
  "claude-haiku-4-5": price(1_000, 1_250, 100, 5_000),
  "claude-3-5-haiku": price(800, 1_000, 80, 4_000),
  "claude-3-haiku": price(250, 300, 30, 1_250),
};

/** The price of a scripted model for which none is given. */
export const FREE: Price = { ...price(0, 0, 0, 0), webSearch: 0 };
