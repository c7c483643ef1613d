import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import type { Price } from "./price-table.ts";
import { priceName } from "./prices.ts";

/** A model's prices in dollars per million tokens: 0 to 1,000, in steps of 0.001. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  /** Input that is written to the cache. Default 1.25 times `input`. */
  readonly cacheWrite?: number;
  /** Input that is written to the cache for one hour. Default 2 times `input`. */
  readonly cacheWrite1h?: number;
  /** Input that is read from the cache. Default `input`: an error on the safe side. */
  readonly cacheRead?: number;
}

/** By model: `claude-next` or `anthropic:claude-next`, `scripted`, a module's URL, or any name. */
export type Prices = { readonly [model: string]: ModelPrice };

/** Nano-dollars per token for each dollar per million tokens. */
const NANO_PER_MILLION = 1_000;

/** The bound that keeps the cost of the largest possible call an exact number of nano-dollars. */
const MAX_DOLLARS = 1_000;

const FIELDS = ["input", "output", "cacheWrite", "cacheWrite1h", "cacheRead"];

/**
 * Reads the user's prices into nano-dollars per token.
 *
 * **Fails with** `OPTIONS_INVALID` for a price that is not such an amount, and for a field that is
 * unknown.
 */
export function readPrices(prices: Prices = {}): ReadonlyMap<string, Price> {
  if (typeof prices !== "object" || prices === null || Array.isArray(prices)) {
    throw invalid("prices", prices, "must be an object of prices by model");
  }
  return new Map(
    Object.entries(prices).map(([name, price]) => [priceName(name), read(name, price)]),
  );
}

function read(name: string, price: ModelPrice): Price {
  const at = `prices["${name}"]`;
  if (typeof price !== "object" || price === null || Array.isArray(price)) {
    throw invalid(at, price, "must have `input` and `output`");
  }
  const stray = Object.keys(price).find((field) => !FIELDS.includes(field));
  if (stray !== undefined) throw invalid(at, stray, `may only have ${FIELDS.join(", ")}`);
  const input = amount(`${at}.input`, price.input);
  const output = amount(`${at}.output`, price.output);
  const { cacheWrite, cacheWrite1h, cacheRead } = price;
  return {
    input,
    output,
    cacheWrite:
      cacheWrite === undefined ? Math.ceil(input * 1.25) : amount(`${at}.cacheWrite`, cacheWrite),
    ...(cacheWrite1h !== undefined && { cacheWrite1h: amount(`${at}.cacheWrite1h`, cacheWrite1h) }),
    cacheRead: cacheRead === undefined ? input : amount(`${at}.cacheRead`, cacheRead),
  };
}

function amount(at: string, dollars: unknown): number {
  const text = `must be dollars per million tokens, 0 to ${MAX_DOLLARS} in steps of 0.001`;
  if (typeof dollars !== "number" || !(dollars >= 0 && dollars <= MAX_DOLLARS)) {
    throw invalid(at, dollars, text);
  }
  const nano = Math.round(dollars * NANO_PER_MILLION);
  // The error of binary fractions such as 0.07 is tolerated, a fraction of a nano-dollar is not.
  if (Math.abs(nano - dollars * NANO_PER_MILLION) > 1e-6) throw invalid(at, dollars, text);
  return nano;
}

function invalid(option: string, value: unknown, what: string): CoppiceError {
  const message = `\`${option}\` ${what}, and ${describe(value)} was given`;
  return new CoppiceError("OPTIONS_INVALID", message, { option });
}
