import { describe, expect, it } from "vitest";
import {
  type BudgetState,
  createBudget,
  decideBudget,
  type NewAccount,
  restoreBudget,
  saveBudget,
  takeWoken,
} from "../../machines/budget/budget.ts";

function budgetOf(root: Omit<NewAccount, "path"> = {}, child: Omit<NewAccount, "path"> = {}) {
  const state = createBudget({ path: "/", ...root });
  decideBudget(state, { type: "open", path: "/a", parent: "/", ...child });
  return state;
}

function reserve(state: BudgetState, key: string, tokens: number) {
  const amounts = { nanoUsd: tokens * 10, tokens, modelCalls: 1 };
  return decideBudget(state, { type: "reserve", key, account: "/a", amounts });
}

const grow = (state: BudgetState, key: string, nanoUsd: number, tokens: number) =>
  decideBudget(state, { type: "grow", key, amounts: { nanoUsd, tokens } });

describe("a call that needs more than it has reserved", () => {
  it("holds what it lacks on every account of its path", () => {
    const state = budgetOf({ ceilings: { tokens: 100 } }, { ceilings: { nanoUsd: 900 } });
    reserve(state, "k", 40);
    expect(grow(state, "k", 900, 100)).toEqual({ status: "granted", steps: 0 });
    for (const path of ["/", "/a"]) expect(state.accounts.get(path)?.reserved).toEqual([900, 100]);
    decideBudget(state, { type: "settle", key: "k", used: undefined });
    expect(state.root.spent.slice(0, 2)).toEqual([900, 100]);
    expect(state.root.reserved).toEqual([0, 0]);
  });

  it("is refused until the last of the windows turns that it exceeds", () => {
    const ceilings = { tokens: 59 };
    const short = { everyMs: 10, ceilings };
    const state = budgetOf({ windows: [{ everyMs: 1_000, ceilings }] }, { windows: [short] });
    reserve(state, "k", 40);
    expect(grow(state, "k", 0, 60)).toMatchObject({ status: "refused", retryAt: 1_000 });
  });

  it("holds nothing more where it needs no more", () => {
    const state = budgetOf({ ceilings: { tokens: 40 } });
    reserve(state, "k", 40);
    expect(grow(state, "k", 1, 1)).toMatchObject({ status: "granted" });
    expect(state.root.reserved).toEqual([400, 40]);
  });

  it.each<[string, Omit<NewAccount, "path">, object]>([
    ["a ceiling", { ceilings: { tokens: 59 } }, { bound: "total", unit: "tokens", asked: 20 }],
    ["money", { ceilings: { nanoUsd: 599 } }, { bound: "total", unit: "nanoUsd", asked: 200 }],
    ["one call's bound", { perAction: { tokens: 59 } }, { bound: "action", asked: 60 }],
    [
      "a window",
      { windows: [{ everyMs: 10, ceilings: { tokens: 59 } }] },
      { bound: "window", retryAt: 10 },
    ],
  ])("is refused by %s, and holds what it held", (_, root, refusal) => {
    const state = budgetOf(root);
    reserve(state, "k", 40);
    expect(grow(state, "k", 600, 60)).toMatchObject({
      status: "refused",
      account: "/",
      ...refusal,
    });
    expect(state.root.reserved).toEqual([400, 40]);
  });

  it("is refused by what others have reserved, and passes those who wait", () => {
    const state = budgetOf({ ceilings: { tokens: 100 } });
    reserve(state, "k", 40);
    reserve(state, "other", 50);
    expect(reserve(state, "waits", 20)).toEqual({ status: "waiting" });
    expect(grow(state, "k", 400, 51)).toMatchObject({ status: "refused", reserved: 90, asked: 11 });
    expect(grow(state, "k", 400, 50)).toMatchObject({ status: "granted" });
    decideBudget(state, { type: "release", key: "k", started: true });
    expect(takeWoken(state)).toMatchObject([{ key: "waits", answer: { status: "granted" } }]);
  });

  it("is unknown when it waits, or is gone", () => {
    const state = budgetOf({ ceilings: { tokens: 50 } });
    reserve(state, "k", 40);
    reserve(state, "waits", 20);
    expect(grow(state, "waits", 0, 21)).toEqual({ status: "unknown" });
    expect(grow(state, "gone", 0, 1)).toEqual({ status: "unknown" });
  });

  it.each([-1, 0.5, Number.NaN])("of %d is a mistake", (tokens) => {
    const state = budgetOf();
    reserve(state, "k", 40);
    expect(() => grow(state, "k", 0, tokens)).toThrow(RangeError);
  });

  it("stays grown when its budget is saved and restored", () => {
    const state = budgetOf({ ceilings: { tokens: 100 } });
    reserve(state, "k", 40);
    grow(state, "k", 700, 70);
    const again = restoreBudget(JSON.parse(JSON.stringify(saveBudget(state))));
    expect(again.root.reserved).toEqual([700, 70]);
    expect(grow(again, "k", 700, 101)).toMatchObject({ status: "refused" });
    decideBudget(again, { type: "settle", key: "k" });
    expect(again.root.spent.slice(0, 2)).toEqual([700, 70]);
  });
});
