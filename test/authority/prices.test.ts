import { describe, expect, it } from "vitest";
import { type Prices, readPrices } from "../../src/authority/price-options.ts";
import { PriceList } from "../../src/authority/prices.ts";
import { CoppiceError } from "../../src/errors.ts";
import type { ModelSpec } from "../../src/wire/spec.ts";

const anthropic = (model: string): ModelSpec => ({ provider: "anthropic", model });
const module = "file:///m.ts";

describe("the user's prices", () => {
  it("become whole nano-dollars per token, the cache dear unless it is priced", () => {
    const read = readPrices({ a: { input: 0.07, output: 1.001 }, b: { input: 0.003, output: 0 } });
    expect(read.get("a")).toEqual({ input: 70, output: 1_001, cacheWrite: 88, cacheRead: 70 });
    expect(read.get("b")).toEqual({ input: 3, output: 0, cacheWrite: 4, cacheRead: 3 });
    const cached = { input: 3, output: 15, cacheWrite: 3.75, cacheRead: 0.3 };
    expect(readPrices({ c: cached }).get("c")).toMatchObject({ cacheWrite: 3_750, cacheRead: 300 });
  });

  it.each([
    ["claude-next", "claude-next"],
    ["claude-next", "claude-next-20270101"],
    ["anthropic:claude-next", "claude-next-latest"],
    ["model:anthropic:claude-next", "claude-next"],
    ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929"],
    ["claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929"],
  ])("written for %s hold for %s, over the table", (name, id) => {
    const list = new PriceList(readPrices({ [name]: { input: 1, output: 2 } }));
    expect(list.of(anthropic(id))).toMatchObject({ input: 1_000, output: 2_000 });
    expect(list.of(anthropic("claude-other"))).toBeUndefined();
  });

  it("hold for scripts and modules, by provider or by the model that they stand in for", () => {
    const prices = {
      scripted: { input: 1, output: 1 },
      [`model:${module}`]: { input: 2, output: 2 },
    };
    const list = new PriceList(readPrices({ ...prices, mine: { input: 3, output: 3 } }));
    const steps: never[] = [];
    expect(list.of({ provider: "scripted", steps })?.input).toBe(1_000);
    expect(list.of({ provider: module })?.input).toBe(2_000);
    expect(list.of({ provider: "scripted", steps, priceAs: "mine" })?.input).toBe(3_000);
    expect(list.of({ provider: module, priceAs: "anthropic:claude-opus-4-5" })?.input).toBe(5_000);
  });

  it("are nothing for a script that has none, and unknown for a module", () => {
    const list = new PriceList();
    expect(list.of({ provider: "scripted", steps: [] })).toMatchObject({ input: 0, output: 0 });
    expect(list.of({ provider: module })).toBeUndefined();
  });

  it.each(["nobody", "", "constructor", 5])("refuse priceAs: %o", (priceAs) => {
    const spec = { provider: module, priceAs } as ModelSpec;
    expect(() => new PriceList().of(spec)).toThrow(/OPTIONS_INVALID|whose price is not known/);
  });

  it.each([
    [{ a: { input: -1, output: 1 } }, "input"],
    [{ a: { input: Number.NaN, output: 1 } }, "input"],
    [{ a: { input: 1, output: Infinity } }, "output"],
    [{ a: { input: 1, output: 1_000.001 } }, "output"],
    [{ a: { input: 0.0005, output: 1 } }, "input"],
    [{ a: { input: "3", output: 1 } }, "input"],
    [{ a: { input: 1 } }, "output"],
    [{ a: { input: 1, output: 1, cacheRead: -0.1 } }, "cacheRead"],
    [{ a: { input: 1, output: 1, cacheWrite: Number.NaN } }, "cacheWrite"],
    [{ a: { input: 1, output: 1, cache: 1 } }, "cache"],
    [{ a: null }, "a"],
    [[], "prices"],
  ])("%o are refused, naming %s", (prices, named) => {
    let thrown: unknown;
    try {
      readPrices(prices as unknown as Prices);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(CoppiceError);
    expect(thrown).toMatchObject({ code: "OPTIONS_INVALID" });
    expect((thrown as CoppiceError).message).toContain(named);
  });

  it("stay exact for the dearest call that can be told of", () => {
    const list = new PriceList(readPrices({ scripted: { input: 1_000, output: 1_000 } }));
    const most = 1_000_000_000;
    const usage = {
      inputTokens: most,
      cacheReadTokens: most,
      cacheWriteTokens: most,
      outputTokens: most,
    };
    expect(Number.isSafeInteger(list.cost({ provider: "scripted", steps: [] }, usage))).toBe(true);
  });
});
