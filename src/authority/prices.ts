import { CoppiceError } from "../errors.ts";
import { didYouMean } from "../wire/did-you-mean.ts";
import { describe } from "../wire/error-codec.ts";
import { modelId, NAMED_PROVIDERS } from "../wire/providers.ts";
import type { ModelSpec } from "../wire/spec.ts";
import { promptOf } from "../wire/token-counts.ts";
import type { TokenUsage } from "../wire/transcript.ts";
import { FREE, PRICES, type Price } from "./price-table.ts";

/** Nano-dollars of one web search, whatever the model: ten dollars per 1,000. */
const WEB_SEARCH = 10_000_000;

/** The prices of all known models: those of the table, overridden by the user's. */
export class PriceList {
  readonly #given: ReadonlyMap<string, Price>;
  /** Cached by spec, since every call needs the price. */
  readonly #known = new WeakMap<ModelSpec, Price | "none">();

  constructor(given: ReadonlyMap<string, Price> = new Map()) {
    this.#given = given;
  }

  /**
   * Returns the price of a model: that of its `priceAs`, else the user's, else the table's, where a
   * dated id or `-latest` stands for the model itself. Undefined for a model without a known price:
   * an unknown Anthropic model, or a module. A scripted model then costs nothing.
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

  /**
   * Returns the cost of a call in nano-dollars; 0 when the model has no known price.
   *
   * @param length of the prompt that the price goes by
   */
  cost(model: ModelSpec, usage: TokenUsage, length = promptOf(usage)): number {
    const { cacheWriteTokens, cacheWrite1hTokens = 0, webSearches = 0 } = usage;
    const rate = priceFor(this.of(model) ?? FREE, length);
    return (
      usage.inputTokens * rate.input +
      (cacheWriteTokens - cacheWrite1hTokens) * rate.cacheWrite +
      cacheWrite1hTokens * (rate.cacheWrite1h ?? 2 * rate.input) +
      usage.cacheReadTokens * rate.cacheRead +
      usage.outputTokens * rate.output +
      webSearches * (rate.webSearch ?? WEB_SEARCH)
    );
  }

  /** Returns a suggestion of a priced model for one without a price, as the end of a sentence. */
  meantBy(model: ModelSpec): string {
    const id = modelId(model);
    return id === undefined ? "" : this.#meant(id);
  }

  #meant(id: string): string {
    return didYouMean(id, [...this.#given.keys(), ...Object.keys(PRICES)]);
  }

  #find(model: ModelSpec): Price | undefined {
    const { provider, priceAs } = model as ModelSpec & { readonly priceAs?: unknown };
    const id = modelId(model);
    if (id !== undefined) return this.#named(id);
    if (priceAs === undefined) {
      return this.#given.get(provider) ?? (provider === "scripted" ? FREE : undefined);
    }
    const name = typeof priceAs === "string" ? priceName(priceAs) : "";
    const price = this.#named(name);
    if (price !== undefined) return price;
    const named = `\`priceAs\` of the model "${provider}" names ${describe(priceAs)}`;
    const message = `${named}, whose price is not known${this.#meant(name)}`;
    throw new CoppiceError("OPTIONS_INVALID", message, { option: "priceAs", model: provider });
  }

  #named(id: string): Price | undefined {
    const name = id.replace(/(-latest|[-@]\d{8})$/, "");
    const given = this.#given.get(id) ?? this.#given.get(name);
    return given ?? (Object.hasOwn(PRICES, name) ? PRICES[name] : undefined);
  }
}

/** Returns a model's name in a price list: its id, `scripted`, or a module's URL. */
export function priceName(subject: string): string {
  const name = subject.replace(/^model:/, "");
  const provider = NAMED_PROVIDERS.find((one) => name.startsWith(`${one}:`));
  return provider === undefined ? name : name.slice(provider.length + 1);
}

/** Returns the price that applies to a prompt of so many tokens. */
export function priceFor(price: Price, promptTokens: number): Price {
  return price.beyond !== undefined && promptTokens > price.beyond.tokens
    ? price.beyond.price
    : price;
}
