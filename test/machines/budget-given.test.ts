import { describe, expect, it } from "vitest";
import {
  type Amounts,
  type BudgetState,
  createBudget,
  decideBudget,
  type NewBudget,
  type ReserveAnswer,
  restoreBudget,
  saveBudget,
  saveBudgetOf,
  takeDue,
  takeWoken,
} from "../../machines/budget/budget.ts";

const open = (state: BudgetState, path: string, parent = "/", more = {}) =>
  decideBudget(state, { type: "open", path, parent, ...more });

function budget(root: Omit<NewBudget, "path">, ...paths: string[]): BudgetState {
  const state = createBudget({ path: "/", ...root });
  for (const path of paths) open(state, path);
  return state;
}

const stretch = { per: { tokens: 1 }, least: 1, most: 9 };
const keyed = (key: string) => ({ key, account: `/${key.charAt(0)}` });
const reserve = (state: BudgetState, key: string, amounts: Amounts, given?: ReserveAnswer) =>
  decideBudget(state, { type: "reserve", ...keyed(key), amounts, given });
const settle = (state: BudgetState, key: string, tokens = 0) =>
  decideBudget(state, { type: "settle", key, used: { nanoUsd: 0, tokens, outputTokens: 0 } });
const due = (state: BudgetState) => takeDue(state).map(({ key }) => key);
const wake = (state: BudgetState, key: string) => decideBudget(state, { type: "wake", key }).status;

describe("budget: an answer that is given", () => {
  const none = { ceilings: { tokens: 0, toolCalls: 0, modelCalls: 0 } };

  it("grants what nothing here would allow, with so many steps", () => {
    const state = budget(none, "/a");
    const ask = { type: "reserve", ...keyed("a"), amounts: { tokens: 2, modelCalls: 1 } } as const;
    const given = { status: "granted", steps: 5 } as const;
    expect(decideBudget(state, { ...ask, stretch, given })).toEqual(given);
    const { reserved, spent } = state.accounts.get("/a")!;
    expect([reserved, spent]).toEqual([
      [0, 7],
      [0, 0, 0, 1, 0],
    ]);
    expect(decideBudget(state, { ...ask, stretch })).toEqual(given);
    expect(decideBudget(state, { type: "settle", key: "a" })).toMatchObject({
      used: { tokens: 7, outputTokens: 5 },
    });
  });

  it("refuses what would be allowed, and takes nothing", () => {
    const state = budget({}, "/a");
    const numbers = { limit: 1, spent: 1, reserved: 0, asked: 1 };
    const refused = {
      status: "refused",
      bound: "total",
      account: "/",
      unit: "tokens",
      ...numbers,
    } as const;
    const before = saveBudget(state);
    expect(reserve(state, "a", { tokens: 1, modelCalls: 1 }, refused)).toEqual(refused);
    expect(saveBudget(state)).toEqual(before);
  });

  it("has a call wait that nothing wakes but an answer that is given", () => {
    const state = budget({}, "/a");
    reserve(state, "a1", { tokens: 1 }, { status: "granted", steps: 0 });
    for (const key of ["a2", "a3"]) {
      expect(reserve(state, key, { tokens: 1 }, { status: "waiting" }).status).toBe("waiting");
    }
    settle(state, "a1", 1);
    expect([takeWoken(state), state.waiting]).toEqual([[], 2]);
    const given = { status: "granted", steps: 0 } as const;
    expect(decideBudget(state, { type: "wake", key: "a2", given })).toEqual(given);
    expect(decideBudget(state, { type: "wake", key: "a2" })).toEqual(given);
    decideBudget(state, { type: "release", key: "a3", started: true });
    expect(decideBudget(state, { type: "wake", key: "a3" })).toEqual({ status: "unknown" });
    expect([state.waiting, state.calls.size, state.accounts.get("/a")?.reserved]).toEqual([
      ...[0, 1],
      [0, 1],
    ]);
  });

  it("has a call grow, or not", () => {
    const state = budget({}, "/a");
    reserve(state, "a", { tokens: 1 });
    const grow = { type: "grow", key: "a", amounts: { tokens: 4 } } as const;
    expect(decideBudget(state, { ...grow, given: { status: "unknown" } }).status).toBe("unknown");
    expect(state.accounts.get("/a")?.reserved).toEqual([0, 1]);
    decideBudget(state, { ...grow, given: { status: "granted", steps: 0 } });
    expect(state.accounts.get("/a")?.reserved).toEqual([0, 4]);
  });
});

describe("budget: a turn that is told of", () => {
  const one = { ceilings: { tokens: 10 }, onTurn: "tell" } as const;

  it("goes to the next in line, who is granted when it is tried, and then to the next", () => {
    const state = budget(one, "/a", "/b", "/c");
    reserve(state, "a", { tokens: 8 });
    for (const key of ["b", "c"]) {
      expect(reserve(state, key, { tokens: 4, modelCalls: 1 }).status).toBe("waiting");
    }
    expect(due(state)).toEqual([]);
    settle(state, "a", 2);
    expect([due(state), due(state), takeWoken(state)]).toEqual([["b"], [], []]);
    expect(saveBudgetOf(state, "/b")).toMatchObject({ accounts: [{ spent: [0, 0, 0, 0, 0] }] });
    expect(reserve(state, "a2", { tokens: 1 }).status).toBe("waiting");
    expect([wake(state, "b"), due(state), wake(state, "c")]).toEqual(["granted", ["c"], "granted"]);
    expect(due(state)).toEqual([]);
    settle(state, "b", 0);
    expect([due(state), wake(state, "a2")]).toEqual([["a2"], "granted"]);
    expect(state.root.reserved).toEqual([0, 5]);
  });

  it("passes on from one that is withdrawn, refused, or in need once more", () => {
    const state = budget(one, "/a", "/b", "/c");
    reserve(state, "a", { tokens: 8 });
    for (const key of ["b1", "b2", "c"]) reserve(state, key, { tokens: 4 });
    settle(state, "a", 0);
    decideBudget(state, { type: "release", key: "b1", started: true });
    expect(due(state)).toEqual(["b2"]);
    // A call that is held takes what it is short of wherever it is free.
    reserve(state, "a2", { nanoUsd: 1 });
    const grow = { type: "grow", key: "a2" } as const;
    decideBudget(state, { ...grow, amounts: { tokens: 9 } });
    expect([wake(state, "b2"), due(state)]).toEqual(["waiting", []]);
    settle(state, "a2", 7);
    expect([due(state), wake(state, "b2"), due(state)]).toEqual([["b2"], "refused", ["c"]]);
    expect([wake(state, "c"), state.waiting, state.calls.size]).toEqual(["refused", 0, 0]);
  });

  it("is not lost when the budget is saved", () => {
    const state = budget(one, "/a", "/b", "/c");
    reserve(state, "a", { tokens: 8 });
    for (const key of ["b", "c"]) reserve(state, key, { tokens: 8 });
    settle(state, "a", 0);
    const again = restoreBudget(JSON.parse(JSON.stringify(saveBudget(state))));
    expect(again.onTurn).toBe("tell");
    expect(due(again)).toEqual(["b", "c"]);
    expect(["b", "c"].map((key) => wake(again, key))).toEqual(["granted", "waiting"]);
    settle(again, "b", 1);
    expect([due(again), wake(again, "c")]).toEqual([["c"], "granted"]);
  });
});

describe("budget: the windows of a run", () => {
  const minute = 60_000;
  const windows = [{ everyMs: minute, ceilings: { toolCalls: 9 } }];
  const tell = (state: BudgetState, now: number, run?: string) =>
    decideBudget(state, { type: "time", now, run });
  const tree = () => {
    const state = budget({ windows }, "/a");
    for (const [path, parent] of [
      ["/b", "/"],
      ["/b/c", "/b"],
      ["/bc", "/"],
    ] as const) {
      open(state, path, parent, { windows });
    }
    for (const account of ["/b/c", "/bc"]) {
      const amounts = { toolCalls: 1 };
      decideBudget(state, { type: "reserve", key: account, account, amounts });
    }
    const spent = () => [...state.windows].map(({ path, spent }) => `${path} ${spent[2]}`);
    return { state, spent };
  };

  it("turn by the time that this run is told, and those of the root by any", () => {
    const { state, spent } = tree();
    expect(spent()).toEqual(["/ 2", "/b 1", "/b/c 1", "/bc 1"]);
    tell(state, minute, "/a");
    expect(spent()).toEqual(["/ 0", "/b 1", "/b/c 1", "/bc 1"]);
    tell(state, minute, "/b");
    expect(spent()).toEqual(["/ 0", "/b 0", "/b/c 0", "/bc 1"]);
    tell(state, minute);
    expect(spent()).toEqual(["/ 0", "/b 0", "/b/c 0", "/bc 0"]);
  });

  it("know nothing of a clock that jumped between two of its steps", () => {
    const { state, spent } = tree();
    tell(state, 5 * minute, "/");
    tell(state, 1, "/a");
    tell(state, minute - 1, "/bc");
    expect(spent()).toEqual(["/ 0", "/b 1", "/b/c 1", "/bc 1"]);
    const ends = () => [...state.windows].map(({ window }) => window!.endsAt / minute);
    expect(ends()).toEqual([1, 1, 1, 1]);
    tell(state, 5 * minute, "/b");
    tell(state, 1, "/bc");
    expect(ends()).toEqual([1, 6, 6, 1]);
    tell(state, 1, "/b");
    expect(ends()).toEqual([1, 1, 1, 1]);
  });

  it("are forgotten with their accounts", () => {
    const { state } = tree();
    for (const account of ["/b/c", "/b", "/bc"]) decideBudget(state, { type: "close", account });
    expect([...state.windowsOfRuns.keys()]).toEqual(["/"]);
    expect(state.windows.size).toBe(1);
  });
});
