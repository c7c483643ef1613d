import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { demandOf } from "../../src/authority/model-demand.ts";
import { readPrices } from "../../src/authority/price-options.ts";
import { PRICES } from "../../src/authority/price-table.ts";
import { PriceList } from "../../src/authority/prices.ts";
import type { ModelSpec } from "../../src/wire/spec.ts";
import { noUsage } from "./usage.ts";

const sdk = new URL("../../node_modules/@anthropic-ai/sdk/resources/messages/", import.meta.url);
const fileOf = (name: string) => readFileSync(new URL(name, sdk), "utf8");
const namesIn = (text: string | undefined) => [
  ...new Set([...(text ?? "").matchAll(/'(claude-[^']+)'/g)].map(([, name]) => name as string)),
];
const offered = namesIn(/export type Model = ([^;]+);/.exec(fileOf("messages.d.ts"))?.[1]);
const deprecated = namesIn(
  /const DEPRECATED_MODELS = \{([^}]+)\}/.exec(fileOf("messages.js"))?.[1],
);

const anthropic = (model: string): ModelSpec => ({ provider: "anthropic", model });

describe("the price table", () => {
  it("finds the models of the installed SDK", () => {
    expect(offered.length).toBeGreaterThan(15);
    expect(deprecated.length).toBeGreaterThan(0);
  });

  it.each([...new Set([...offered, ...deprecated])])("has a price for %s", (model) => {
    const price = new PriceList().of(anthropic(model));
    expect(price?.input).toBeGreaterThan(0);
    expect(price?.output).toBeGreaterThan(price?.input ?? Infinity);
  });

  it.each(Object.entries(PRICES))(
    "of %s is in whole nano-dollars, the cache in order",
    (_, row) => {
      for (const price of [row, ...(row.beyond === undefined ? [] : [row.beyond.price])]) {
        const { input, cacheRead, cacheWrite, output } = price;
        expect([input, cacheRead, cacheWrite, output].every(Number.isInteger)).toBe(true);
        expect(cacheRead).toBeLessThan(input);
        expect(input).toBeLessThan(cacheWrite);
        expect(cacheWrite).toBeLessThan(2 * input);
        expect(output).toBe(5 * input);
      }
    },
  );
});

describe("what is used beside tokens of a text", () => {
  const cost = (usage: object, model: ModelSpec, prices = {}) =>
    new PriceList(readPrices(prices)).cost(model, { ...noUsage, ...usage });
  const sonnet = anthropic("claude-sonnet-4-5");

  it("costs twice the input where it was written to the cache for one hour", () => {
    expect(cost({ cacheWriteTokens: 100 }, sonnet)).toBe(100 * 3_750);
    const some = { cacheWriteTokens: 100, cacheWrite1hTokens: 40 };
    expect(cost(some, sonnet)).toBe(60 * 3_750 + 40 * 6_000);
    const all = { cacheWriteTokens: 100, cacheWrite1hTokens: 100 };
    expect(cost(all, anthropic("claude-opus-5-5"))).toBe(100 * 8_000);
    const long = { inputTokens: 100_000, ...some };
    expect(cost(long, anthropic("claude-haiku-5-5"))).toBe(100_000 * 500 + 60 * 625 + 40 * 1_000);
  });

  it("costs what the user says of it, twice the input by default", () => {
    const all = { cacheWriteTokens: 10, cacheWrite1hTokens: 10 };
    const scripted: ModelSpec = { provider: "scripted", steps: [] };
    const price = { input: 1, output: 1 };
    expect(cost(all, scripted, { scripted: price })).toBe(10 * 2_000);
    expect(cost(all, scripted, { scripted: { ...price, cacheWrite1h: 3 } })).toBe(10 * 3_000);
    expect(cost(all, scripted, { scripted: { ...price, cacheWrite: 7 } })).toBe(10 * 2_000);
    expect(cost(all, scripted)).toBe(0);
    for (const cacheWrite1h of [-1, Number.NaN, "2", 1_001, 0.0001]) {
      const prices = { scripted: { ...price, cacheWrite1h } } as never;
      expect(() => readPrices(prices)).toThrow(/cacheWrite1h/);
    }
  });

  it("costs a cent for each search, where the model costs something", () => {
    expect(cost({ webSearches: 3 }, sonnet)).toBe(30_000_000);
    expect(cost({ webSearches: 3 }, { provider: "scripted", steps: [] })).toBe(0);
    const long = { webSearches: 3, inputTokens: 100_001 };
    expect(cost(long, anthropic("claude-haiku-5-5"))).toBe(100_001 * 500 + 30_000_000);
  });
});

describe("a price that rises with the prompt", () => {
  const reserved = (inputTokens: number, cache = true) => {
    const model = { ...anthropic("claude-haiku-5-5"), cache };
    const { amounts, stretch } = demandOf({ model, inputTokens, maxTokens: 1 }, new PriceList());
    return [amounts.nanoUsd, stretch?.per.nanoUsd];
  };

  it("is reserved before it begins, by as much as the estimate may be too low", () => {
    expect(reserved(90_000)).toEqual([90_000 * 125, 500]);
    expect(reserved(90_001)).toEqual([90_001 * 625, 2_500]);
    expect(reserved(100_000)).toEqual([100_000 * 625, 2_500]);
    expect(reserved(90_001, false)).toEqual([90_001 * 500, 2_500]);
  });

  it("is settled by the prompt that it was", () => {
    const cost = (inputTokens: number) =>
      new PriceList().cost(anthropic("claude-haiku-5-5"), { ...noUsage, inputTokens });
    expect(cost(100_000)).toBe(100_000 * 100);
    expect(cost(100_001)).toBe(100_001 * 500);
  });
});
