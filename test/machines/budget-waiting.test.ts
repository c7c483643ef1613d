import { describe, expect, it } from "vitest";
import {
  type Amounts,
  type BudgetState,
  type Ceilings,
  createBudget,
  decideBudget,
  takeWoken,
} from "../../machines/budget/budget.ts";

/** A root with the accounts named below it, `/a/b` below `/a`. */
function budget(root: Ceilings, below: Readonly<Record<string, Ceilings>>): BudgetState {
  const state = createBudget({ path: "/", ceilings: root });
  for (const [path, ceilings] of Object.entries(below)) {
    const parent = path.slice(0, path.lastIndexOf("/")) || "/";
    decideBudget(state, { type: "open", path, parent, ceilings });
  }
  return state;
}

const ask = (state: BudgetState, account: string, key: string, amounts: Amounts) =>
  decideBudget(state, { type: "reserve", key, account, amounts }).status;

const settle = (state: BudgetState, key: string, tokens: number) =>
  decideBudget(state, { type: "settle", key, used: { nanoUsd: 0, tokens, outputTokens: 0 } });

const release = (state: BudgetState, key: string) =>
  decideBudget(state, { type: "release", key, started: true });

const woken = (state: BudgetState) =>
  takeWoken(state).map(({ key, answer }) => `${key} ${answer.status}`);

describe("budget: calls that wait", () => {
  it("wait when only reservations are in the way, one token short", () => {
    const state = budget({ tokens: 10 }, { "/a": {} });
    expect(ask(state, "/a", "first", { tokens: 4 })).toBe("granted");
    expect(ask(state, "/a", "fits", { tokens: 6 })).toBe("granted");
    expect(ask(state, "/a", "waits", { tokens: 10 })).toBe("waiting");
    expect(ask(state, "/a", "never", { tokens: 11 })).toBe("refused");
  });

  it("are served first in, first out, and a small one does not overtake", () => {
    const state = budget({ tokens: 10 }, { "/a": {}, "/b": {} });
    ask(state, "/a", "holder", { tokens: 8 });
    expect(ask(state, "/a", "big", { tokens: 9 })).toBe("waiting");
    expect(ask(state, "/b", "small", { tokens: 1 })).toBe("waiting");
    expect(woken(state)).toEqual([]);
    release(state, "holder");
    expect(woken(state)).toEqual(["big granted", "small granted"]);
    expect(woken(state)).toEqual([]);
  });

  it("do not hold up who needs another unit, or another branch", () => {
    const state = budget({ nanoUsd: 10 }, { "/a": { tokens: 10 }, "/b": {} });
    ask(state, "/a", "holder", { tokens: 10 });
    expect(ask(state, "/a", "waits", { tokens: 1, nanoUsd: 1 })).toBe("waiting");
    expect(ask(state, "/a", "money", { nanoUsd: 1 })).toBe("granted");
    expect(ask(state, "/a", "count", { toolCalls: 1 })).toBe("granted");
    expect(ask(state, "/b", "other", { tokens: 5, nanoUsd: 5 })).toBe("granted");
  });

  it("are refused when real spending ate their room, and the next one goes on", () => {
    const state = budget({ tokens: 10 }, { "/a": {} });
    ask(state, "/a", "holder", { tokens: 5 });
    ask(state, "/a", "big", { tokens: 8 });
    ask(state, "/a", "small", { tokens: 5 });
    settle(state, "holder", 5);
    expect(woken(state)).toEqual(["big refused", "small granted"]);
    expect(state.waiting).toBe(0);
    expect(state.calls.size).toBe(1);
  });

  it("charge their counts when they are granted, not before", () => {
    const state = budget({ tokens: 10, modelCalls: 1 }, { "/a": {} });
    ask(state, "/a", "holder", { tokens: 10 });
    expect(ask(state, "/a", "waits", { tokens: 10, modelCalls: 1 })).toBe("waiting");
    expect(state.root.spent[3]).toBe(0);
    expect(ask(state, "/a", "count", { modelCalls: 1 })).toBe("granted");
    release(state, "holder");
    expect(woken(state)).toEqual(["waits refused"]);
  });

  it("let the next one go on when they are withdrawn", () => {
    const state = budget({ tokens: 10 }, { "/a": {} });
    ask(state, "/a", "holder", { tokens: 8 });
    ask(state, "/a", "big", { tokens: 9 });
    ask(state, "/a", "small", { tokens: 2 });
    release(state, "big");
    expect(woken(state)).toEqual(["small granted"]);
    expect(state.root.reserved).toEqual([0, 10]);
  });

  it("end silently with their account, and what that held wakes others", () => {
    const state = budget({ tokens: 10 }, { "/a": {}, "/b": {} });
    ask(state, "/a", "held", { tokens: 10 });
    ask(state, "/a", "queued", { tokens: 10 });
    ask(state, "/b", "other", { tokens: 10 });
    decideBudget(state, { type: "close", account: "/a" });
    expect(woken(state)).toEqual(["other granted"]);
    expect(state.waiting).toBe(0);
    expect(state.root.reserved).toEqual([0, 10]);
  });

  it("are not told of a grant that was given back before anybody looked", () => {
    const state = budget({ tokens: 10 }, { "/a": {}, "/b": {} });
    ask(state, "/a", "holder", { tokens: 10 });
    ask(state, "/b", "waits", { tokens: 10 });
    release(state, "holder");
    decideBudget(state, { type: "close", account: "/b" });
    expect(woken(state)).toEqual([]);
    expect(state.root.reserved).toEqual([0, 0]);
  });

  it("wake those behind them at every account where they stood", () => {
    const state = budget({ nanoUsd: 10 }, { "/a": { tokens: 10 }, "/b": {} });
    ask(state, "/a", "inner", { tokens: 10 });
    ask(state, "/b", "outer", { nanoUsd: 10 });
    expect(ask(state, "/a", "both", { tokens: 5, nanoUsd: 5 })).toBe("waiting");
    expect(ask(state, "/a", "behind", { tokens: 5 })).toBe("waiting");
    release(state, "inner");
    expect(woken(state)).toEqual([]);
    release(state, "outer");
    expect(woken(state)).toEqual(["both granted", "behind granted"]);
  });

  it("get no count back when they are withdrawn, since they had none", () => {
    const state = budget({ tokens: 1, modelCalls: 9 }, { "/a": {} });
    ask(state, "/a", "holder", { tokens: 1, modelCalls: 1 });
    ask(state, "/a", "waits", { tokens: 1, modelCalls: 1 });
    decideBudget(state, { type: "release", key: "waits", started: false });
    expect(state.root.spent[3]).toBe(1);
  });

  it("keep their place at an account that they come to second", () => {
    const state = budget({ tokens: 10 }, { "/a": { tokens: 6 }, "/b": {} });
    ask(state, "/a", "inner", { tokens: 3 });
    expect(ask(state, "/a", "old", { tokens: 6 })).toBe("waiting");
    expect(ask(state, "/b", "outer", { tokens: 7 })).toBe("granted");
    expect(ask(state, "/b", "young", { tokens: 3 })).toBe("waiting");
    release(state, "inner");
    // There is room for the young one now, but the old one has moved in ahead of it.
    expect(woken(state)).toEqual([]);
    release(state, "outer");
    expect(woken(state)).toEqual(["old granted", "young granted"]);
  });

  it("whose reservations are only in each other's way all finish", () => {
    const names = Array.from({ length: 50 }, (_, n) => `/agent-${n}`);
    const state = budget({ tokens: 1_000 }, Object.fromEntries(names.map((name) => [name, {}])));
    const atWork = names.filter((name) => ask(state, name, name, { tokens: 300 }) === "granted");
    expect(atWork).toHaveLength(3);
    const done: string[] = [];
    for (let key = atWork.shift(); key !== undefined; key = atWork.shift()) {
      settle(state, key, 10);
      done.push(key);
      atWork.push(...takeWoken(state).map((one) => one.key));
    }
    expect(done).toEqual(names);
    expect(state.root.spent[1]).toBe(500);
  });
});
