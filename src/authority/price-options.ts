import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import type { Price } from "./price-table.ts";
import { priceName } from "./prices.ts";

/** What a model costs, in dollars per million tokens: 0 to 1,000, in steps of 0.001. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  /** Input that is written to the cache. Default 1.25 times `input`. */
  readonly cacheWrite?: number;
  /** Input that is written to the cache for one hour. Default 2 times `input`. */
  readonly cacheWrite1h?: number;
  /** Input that is read from the cache. Default `input`: too much is the harmless side. */
  readonly cacheRead?: number;
}

/** By model: `claude-next` or `anthropic:claude-next`, `scripted`, a module's URL, or any name. */
export type Prices = { readonly [model: string]: ModelPrice };

/** Nano-dollars per token for each dollar per million tokens. */
const NANO_PER_MILLION = 1_000;

/** With this, the dearest call that can be told of still costs an exact number of nano-dollars. */
const MOST_DOLLARS = 1_000;

const FIELDS = ["input", "output", "cacheWrite", "cacheWrite1h", "cacheRead"];

/**
 * Reads the user's prices into nano-dollars per token.
 *
 * **Fails with** `OPTIONS_INVALID` for a price that is no such amount, and for a field that is
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
  const told = `must be dollars per million tokens, 0 to ${MOST_DOLLARS} in steps of 0.001`;
  if (typeof dollars !== "number" || !(dollars >= 0 && dollars <= MOST_DOLLARS)) {
    throw invalid(at, dollars, told);
  }
  const nano = Math.round(dollars * NANO_PER_MILLION);
  // Binary fractions such as 0.07 are forgiven, a share of a nano-dollar is not.
  if (Math.abs(nano - dollars * NANO_PER_MILLION) > 1e-6) throw invalid(at, dollars, told);
  return nano;
}

function invalid(option: string, value: unknown, what: string): CoppiceError {
  const message = `\`${option}\` ${what}, and ${describe(value)} was given`;
  return new CoppiceError("OPTIONS_INVALID", message, { option });
}
