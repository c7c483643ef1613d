import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import type { ModelSpec } from "../wire/spec.ts";
import type { TokenUsage } from "../wire/transcript.ts";
import { anthropicModel } from "./subjects.ts";

/** Nano-dollars per token: one dollar per million tokens is 1,000. */
export interface Price {
  readonly input: number;
  /** Written to the cache for five minutes, the only kind that we ask for. */
  readonly cacheWrite: number;
  readonly cacheRead: number;
  readonly output: number;
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
const opus45 = price(5_000, 6_250, 500, 25_000);
const opus4 = price(15_000, 18_750, 1_500, 75_000);
const sonnet4 = price(3_000, 3_750, 300, 15_000);

/**
 * Anthropic's list prices for its own API, by model id without its date.
 *
 * Source: https://platform.claude.com/docs/en/about-claude/pricing, as published in October 2026.
 * Batch, fast mode and regional surcharges are not in it: we use none of them.
 */
const PRICES: Readonly<Record<string, Price>> = {
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

/** What a scripted model costs that nothing gives a price to. */
export const FREE = price(0, 0, 0, 0);

/** The prices of all models that are known: those of the table, and the user's over them. */
export class PriceList {
  readonly #given: ReadonlyMap<string, Price>;
  /** By spec: it is asked for with every call. */
  readonly #known = new WeakMap<ModelSpec, Price | "none">();

  constructor(given: ReadonlyMap<string, Price> = new Map()) {
    this.#given = given;
  }

  /**
   * The price of a model: that of its `priceAs`, else the user's, else the table's, where a dated
   * id or `-latest` is the model itself. Undefined when nobody has said what it costs: an unknown
   * Anthropic model, or a module. A scripted model costs nothing then.
   *
   * **Fails with** `OPTIONS_INVALID` when `priceAs` names a model that has no price.
   * **Gotcha** `claude-opus-5-9` is not priced as `claude-opus-5`: a new version has a new price.
   */
  of(model: ModelSpec): Price | undefined {
    let price = this.#known.get(model);
    if (price === undefined) {
      price = this.#find(model) ?? "none";
      this.#known.set(model, price);
    }
    return price === "none" ? undefined : price;
  }

  /** What a call cost, in nano-dollars; nothing when the model has no known price. */
  cost(model: ModelSpec, usage: TokenUsage): number {
    const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = usage;
    const prompt = inputTokens + cacheReadTokens + cacheWriteTokens;
    const rate = priceFor(this.of(model) ?? FREE, prompt);
    return (
      inputTokens * rate.input +
      cacheWriteTokens * rate.cacheWrite +
      cacheReadTokens * rate.cacheRead +
      outputTokens * rate.output
    );
  }

  #find(model: ModelSpec): Price | undefined {
    const { provider, priceAs } = model as ModelSpec & { readonly priceAs?: unknown };
    const id = anthropicModel(model);
    if (id !== undefined) return this.#named(id);
    if (priceAs === undefined) {
      return this.#given.get(provider) ?? (provider === "scripted" ? FREE : undefined);
    }
    const price = typeof priceAs === "string" ? this.#named(priceName(priceAs)) : undefined;
    if (price !== undefined) return price;
    const named = `\`priceAs\` of the model "${provider}" names ${describe(priceAs)}`;
    const message = `${named}, whose price is not known`;
    throw new CoppiceError("OPTIONS_INVALID", message, { option: "priceAs", model: provider });
  }

  #named(id: string): Price | undefined {
    const name = id.replace(/(-latest|[-@]\d{8})$/, "");
    const given = this.#given.get(id) ?? this.#given.get(name);
    return given ?? (Object.hasOwn(PRICES, name) ? PRICES[name] : undefined);
  }
}

/** A model's name in a price list: an Anthropic model's id, `scripted`, or a module's URL. */
export const priceName = (subject: string): string =>
  subject.replace(/^model:/, "").replace(/^anthropic:/, "");

/** The price that applies to a prompt of so many tokens. */
export function priceFor(price: Price, promptTokens: number): Price {
  return price.beyond !== undefined && promptTokens > price.beyond.tokens
    ? price.beyond.price
    : price;
}
