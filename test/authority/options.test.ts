import { describe, expect, it } from "vitest";
import { readBudgets } from "../../src/authority/budget-options.ts";
import { readGrants } from "../../src/authority/grant-options.ts";
import { PriceList } from "../../src/authority/prices.ts";
import { modelSubject, parseModel } from "../../src/authority/subjects.ts";
import { CoppiceError } from "../../src/errors.ts";
import type { Budget, Grant, ModelSpec } from "../../src/wire/spec.ts";

/** Options as someone without a type checker may write them. */
const loose = <T>(value: unknown): T => value as T;

function thrown(act: () => unknown): CoppiceError {
  try {
    act();
  } catch (error) {
    if (error instanceof CoppiceError) return error;
  }
  throw new Error("no CoppiceError was thrown");
}

describe("budget options", () => {
  it("become whole nano-dollars, and none is not unlimited", () => {
    const read = readBudgets([{ usd: 0.1, tokens: 0 }], "/a");
    expect(read).toEqual({
      ceilings: { nanoUsd: 100_000_000, tokens: 0 },
      warnAt: undefined,
      asks: false,
    });
  });

  it("combine unit by unit, the tighter winning", () => {
    const budgets = [
      { usd: 1, tokens: 5, warnAt: 0.9 },
      { usd: 2, tokens: 0, toolCalls: 3 },
    ];
    const ceilings = { nanoUsd: 1e9, tokens: 0, toolCalls: 3 };
    expect(readBudgets(budgets, "/a")).toEqual({ ceilings, warnAt: 0.9, asks: false });
  });

  it.each([
    [["ask"], true],
    [["ask", undefined], true],
    [["ask", "stop"], false],
    [[undefined], false],
  ] as const)("of %j ask for more: %s", (all, asks) => {
    const budgets = all.map((onExceeded) => (onExceeded === undefined ? {} : { onExceeded }));
    expect(readBudgets(budgets, "/a").asks).toBe(asks);
  });

  it.each([
    { usd: -0.01 },
    { usd: Number.NaN },
    { usd: Infinity },
    { usd: 1e8 },
    { usd: "1" },
    { usd: null },
    { tokens: -1 },
    { tokens: 0.5 },
    { tokens: Number.NaN },
    { toolCalls: Infinity },
    { modelCalls: "5" },
    { warnAt: 1.1 },
    { warnAt: Number.NaN },
    { onExceeded: "perhaps" },
    { dollars: 1 },
  ])("refuse %o by name", (budget) => {
    const error = thrown(() => readBudgets([loose<Budget>(budget)], "/a"));
    expect(error.code).toBe("OPTIONS_INVALID");
    expect(error.message).toContain(Object.keys(budget)[0]);
  });

  it.each([null, 5, "all", []])("refuse %o as a budget", (budget) => {
    expect(thrown(() => readBudgets([loose<Budget>(budget)], "/a")).code).toBe("OPTIONS_INVALID");
  });
});

describe("grant options", () => {
  it("are for the holder and for what it spawns unless they say otherwise", () => {
    const grants: Grant[] = ["tool:a", { allow: "tool:b", use: false }, { deny: "*" }];
    expect(readGrants(grants, "/a")).toEqual([
      { effect: "allow", pattern: "tool:a", use: true, delegate: true },
      { effect: "allow", pattern: "tool:b", use: false, delegate: true },
      { effect: "deny", pattern: "*", use: true, delegate: true },
    ]);
  });

  it("keep what an allow says of its use, and 0 is not unlimited", () => {
    const read = readGrants([{ allow: "tool:a", ask: true, uses: 0, expiresMs: 5 }], "/a");
    expect(read).toMatchObject([{ pattern: "tool:a", ask: true, uses: 0, expiresMs: 5 }]);
    expect(readGrants([{ allow: "tool:a", ask: false }], "/a")[0]).not.toHaveProperty("ask");
  });

  it.each([
    [{ allow: "model:*", where: { path: "path:/x" } }, "where"],
    [{ allow: "*", where: { path: "path:/x" } }, "where"],
    [{ allow: "tool:a", ask: 1 }, "ask"],
    [{ allow: "tool:a", uses: -1 }, "uses"],
    [{ allow: "tool:a", uses: 0.5 }, "uses"],
    [{ allow: "tool:a", uses: Infinity }, "uses"],
    [{ allow: "tool:a", uses: null }, "uses"],
    [{ allow: "tool:a", expiresMs: Number.NaN }, "expiresMs"],
    [{ allow: "tool:a", expiresMs: "3" }, "expiresMs"],
    [{ deny: "tool:a", where: {} }, "where"],
    [{ deny: "tool:a", ask: true }, "ask"],
    [{ deny: "tool:a", uses: 1 }, "uses"],
    [{ deny: "tool:a", use: false }, "use"],
    [{ allow: "tool:a", deny: "tool:b" }, "allow"],
    [{ allow: "tool:a", delegate: 1 }, "delegate"],
    [{ allow: 5 }, "text"],
    [{}, "text"],
    ["tools:a", "tool:"],
    ["tool", "tool:"],
    ["", "tool:"],
    [null, "pattern"],
  ])("refuse %o, naming %s", (grant, named) => {
    const error = thrown(() => readGrants([loose<Grant>(grant)], "/a"));
    expect(error.code).toBe("OPTIONS_INVALID");
    expect(error.message).toContain(named);
  });
});

describe("models", () => {
  it.each([
    ["anthropic:claude-sonnet-4-5", "model:anthropic:claude-sonnet-4-5"],
    [{ provider: "scripted", steps: [] }, "model:scripted"],
    ["file:///m.ts", "model:file:///m.ts"],
    [{ provider: "file:///m.ts", speed: 2 }, "model:file:///m.ts"],
    [{ provider: "file:///m.ts", model: "a" }, "model:file:///m.ts"],
  ] as [string | ModelSpec, string][])("%o is %s", (model, subject) => {
    expect(modelSubject(parseModel(model))).toBe(subject);
  });

  it.each([
    "claude-sonnet-4-5",
    "openai:gpt",
    "anthropic:",
    "anthropic: x",
    "scripted:x",
    "",
    null,
    {},
    { provider: "anthropic" },
    { provider: "scripted" },
    { provider: "openai", model: "gpt" },
    { provider: "anthropic", model: "x", maxTokens: 0 },
  ])("%o is refused", (model) => {
    expect(thrown(() => parseModel(loose<string>(model))).code).toBe("OPTIONS_INVALID");
  });
});

describe("prices", () => {
  const list = new PriceList();
  const costOf = list.cost.bind(list);
  const priceOf = list.of.bind(list);
  const usage = {
    inputTokens: 1_000_000,
    cacheWriteTokens: 1_000_000,
    cacheReadTokens: 1_000_000,
    outputTokens: 1_000_000,
  };
  it.each([
    ["claude-sonnet-4-5", 3 + 3.75 + 0.3 + 15],
    ["claude-sonnet-4-5-20250929", 22.05],
    ["claude-haiku-4-5", 1 + 1.25 + 0.1 + 5],
    ["claude-opus-4-5-20251101", 5 + 6.25 + 0.5 + 25],
    ["claude-opus-4-1", 15 + 18.75 + 1.5 + 75],
    ["claude-opus-5", 36.75],
    ["claude-opus-5-5", 4 + 5 + 0.2 + 20],
    ["claude-3-5-haiku-latest", 0.8 + 1 + 0.08 + 4],
  ])("a million tokens of each kind of %s cost %d dollars", (model, dollars) => {
    expect(costOf({ provider: "anthropic", model }, usage)).toBe(Math.round(dollars * 1e9));
  });

  it("rise for a long prompt of a model that is priced by length", () => {
    const model: ModelSpec = { provider: "anthropic", model: "claude-haiku-5-5" };
    const prompt = (inputTokens: number) =>
      costOf(model, { inputTokens, cacheReadTokens: 50_000, cacheWriteTokens: 0, outputTokens: 0 });
    expect(prompt(50_000)).toBe(50_000 * 100 + 50_000 * 10);
    expect(prompt(50_001)).toBe(50_001 * 500 + 50_000 * 50);
  });

  it("are not guessed for a model that is not in the table", () => {
    expect(priceOf({ provider: "anthropic", model: "claude-opus-5-9" })).toBeUndefined();
    expect(priceOf({ provider: "anthropic", model: "constructor" })).toBeUndefined();
    expect(costOf({ provider: "scripted", steps: [] }, usage)).toBe(0);
    expect(costOf({ provider: "file:///m.ts" }, usage)).toBe(0);
  });
});
