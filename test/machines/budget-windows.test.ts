import { describe, expect, it } from "vitest";
import {
  type BudgetState,
  boundOnPath,
  createBudget,
  decideBudget,
  leftOnPath,
  type NewBudget,
  peekBudget,
  restoreBudget,
  saveBudget,
  takeWarnings,
  takeWoken,
} from "../../machines/budget/budget.ts";

const minute = 60_000;

function budget(root: Omit<NewBudget, "path">): BudgetState {
  const state = createBudget({ path: "/", ...root });
  decideBudget(state, { type: "open", path: "/a", parent: "/" });
  return state;
}

const tell = (state: BudgetState, now: number) => decideBudget(state, { type: "time", now });
const settle = (state: BudgetState, key: string, tokens: number) =>
  decideBudget(state, { type: "settle", key, used: { nanoUsd: 0, tokens, outputTokens: 0 } });
const tokens = (state: BudgetState, key: string, amount: number) =>
  decideBudget(state, { type: "reserve", key, account: "/a", amounts: { tokens: amount } });
const aToolCall = (state: BudgetState, key: string) =>
  decideBudget(state, { type: "reserve", key, account: "/a", amounts: { toolCalls: 1 } }).status;

describe("budget: a window", () => {
  it("allows n, refuses n + 1 until it turns, and then allows n again", () => {
    const state = budget({
      now: 30_000,
      windows: [{ everyMs: minute, ceilings: { toolCalls: 2 } }],
    });
    const ask = (...keys: string[]) => keys.map((key) => aToolCall(state, key));
    expect(ask("1", "2", "3")).toEqual(["granted", "granted", "refused"]);
    tell(state, minute - 1);
    expect(ask("4")).toEqual(["refused"]);
    tell(state, minute);
    expect(ask("5", "6", "7")).toEqual(["granted", "granted", "refused"]);
    expect(state.root.spent[2]).toBe(4);
  });

  it("of none allows none, and nothing says that waiting helps", () => {
    const state = budget({ windows: [{ everyMs: minute, ceilings: { tokens: 0 } }] });
    const answer = tokens(state, "k", 1);
    expect(answer).toMatchObject({ status: "refused", bound: "window", limit: 0, account: "/" });
    expect(answer).not.toHaveProperty("retryAt");
  });

  it("says when to ask again, and the last of several windows counts", () => {
    const hour = { everyMs: 60 * minute, ceilings: { tokens: 10 } };
    const state = budget({ now: 1, windows: [{ everyMs: minute, ceilings: { tokens: 9 } }, hour] });
    tokens(state, "1", 9);
    settle(state, "1", 9);
    expect(tokens(state, "2", 2)).toMatchObject({ status: "refused", retryAt: 60 * minute });
    expect(tokens(state, "3", 1)).toMatchObject({ status: "refused", retryAt: minute });
    tell(state, minute);
    expect(tokens(state, "4", 1)).toMatchObject({ status: "granted" });
  });

  it("does not speak of later where the whole budget will never do", () => {
    const windows = [{ everyMs: minute, ceilings: { tokens: 5 } }];
    const state = budget({ ceilings: { tokens: 7 }, windows });
    tokens(state, "1", 5);
    settle(state, "1", 5);
    expect(tokens(state, "2", 2)).toMatchObject({ bound: "window", retryAt: minute });
    expect(tokens(state, "3", 3)).toMatchObject({ bound: "total", limit: 7 });
  });

  it("lets wait whom only reservations keep out, and holds in the next what is held", () => {
    const state = budget({ windows: [{ everyMs: minute, ceilings: { tokens: 10 } }] });
    tokens(state, "held", 8);
    expect(tokens(state, "waits", 4).status).toBe("waiting");
    tell(state, minute);
    expect(takeWoken(state)).toEqual([]);
    settle(state, "held", 7);
    expect(takeWoken(state)).toMatchObject([{ key: "waits", answer: { retryAt: 2 * minute } }]);
    expect(leftOnPath(state.root, "tokens")).toBe(3);
    tell(state, 2 * minute);
    expect(leftOnPath(state.root, "tokens")).toBe(10);
  });

  it("wakes those who wait when its turning makes room", () => {
    const state = budget({ windows: [{ everyMs: minute, ceilings: { tokens: 10 } }] });
    tokens(state, "spent", 5);
    tokens(state, "held", 1);
    settle(state, "spent", 4);
    expect(tokens(state, "waits", 6).status).toBe("waiting");
    tell(state, minute);
    expect(takeWoken(state)).toMatchObject([{ key: "waits", answer: { status: "granted" } }]);
  });

  it("keeps a count that is given back, since it may have turned meanwhile", () => {
    const state = budget({ windows: [{ everyMs: minute, ceilings: { toolCalls: 1 } }] });
    aToolCall(state, "1");
    decideBudget(state, { type: "release", key: "1", started: false });
    expect(state.root.spent[2]).toBe(0);
    expect(aToolCall(state, "2")).toBe("refused");
  });

  it("warns once each time", () => {
    const state = budget({ windows: [{ everyMs: minute, ceilings: { toolCalls: 1 } }] });
    const warn = { account: "/", unit: "toolCalls", limit: 1, spent: 1, by: "/a", everyMs: minute };
    aToolCall(state, "1");
    expect(takeWarnings(state)).toEqual([warn]);
    tell(state, minute);
    aToolCall(state, "2");
    expect(takeWarnings(state)).toEqual([warn]);
  });

  it("turns at no date that was before, lasts for two at most, and ends with its account", () => {
    const state = budget({ now: 5 * minute });
    const windows = [{ everyMs: minute, ceilings: { toolCalls: 1 } }];
    decideBudget(state, { type: "open", path: "/a/b", parent: "/a", windows });
    const ask = (key: string) =>
      decideBudget(state, { type: "reserve", key, account: "/a/b", amounts: { toolCalls: 1 } });
    expect(ask("1").status).toBe("granted");
    tell(state, 4 * minute);
    expect([state.turnsAt, ask("2").status]).toEqual([6 * minute, "refused"]);
    tell(state, Number.NaN);
    tell(state, 4 * minute - 1);
    expect([state.now, state.turnsAt]).toEqual([4 * minute - 1, 4 * minute]);
    expect(ask("3")).toMatchObject({ status: "refused", retryAt: 4 * minute });
    tell(state, 4 * minute);
    expect(ask("4").status).toBe("granted");
    decideBudget(state, { type: "close", account: "/a/b" });
    tell(state, 7 * minute);
    expect([state.turnsAt, state.windows.size]).toEqual([Infinity, 0]);
    expect(state.accounts.get("/a")?.children).toBe(0);
  });

  it("comes back from a restart as it was", () => {
    const windows = [{ everyMs: minute, ceilings: { tokens: 10 } }];
    const before = budget({ now: 5, windows, perAction: { tokens: 6 }, ceilings: { tokens: 99 } });
    tokens(before, "spent", 6);
    settle(before, "spent", 6);
    tokens(before, "held", 3);
    const state = restoreBudget(JSON.parse(JSON.stringify(saveBudget(before))));
    expect(saveBudget(state)).toEqual(saveBudget(before));
    expect(tokens(state, "2", 2)).toMatchObject({ status: "waiting" });
    expect(tokens(state, "3", 7)).toMatchObject({ status: "refused", bound: "action" });
    tell(state, minute);
    expect(takeWoken(state)).toMatchObject([{ key: "2", answer: { status: "granted" } }]);
  });
});

describe("budget: a bound on one call", () => {
  const stretch = { per: { tokens: 1 }, least: 4, most: 50 };
  const ask = (state: BudgetState, account: string, amount: number) =>
    decideBudget(state, {
      type: "reserve",
      key: `${account}${amount}`,
      account,
      amounts: { tokens: amount },
      stretch,
    });

  it("clips the stretch to fit, and refuses under its least", () => {
    const state = budget({ perAction: { tokens: 10 } });
    expect(ask(state, "/a", 2)).toEqual({ status: "granted", steps: 8 });
    expect(ask(state, "/a", 6)).toEqual({ status: "granted", steps: 4 });
    const no = { status: "refused", bound: "action", account: "/", limit: 10, asked: 11 };
    expect(ask(state, "/a", 7)).toMatchObject(no);
    expect(state.root.reserved[1]).toBe(20);
  });

  it("of none refuses everything that is reserved, and no count", () => {
    const state = budget({ perAction: { tokens: 0, nanoUsd: 0 } });
    expect(tokens(state, "1", 1).status).toBe("refused");
    expect(aToolCall(state, "2")).toBe("granted");
  });

  it("is the tightest of the path, told with whose it is", () => {
    const state = budget({ perAction: { tokens: 10 } });
    const open = (path: string, perAction: object) =>
      decideBudget(state, { type: "open", path, parent: "/a", perAction });
    open("/a/b", { tokens: 5 });
    open("/a/c", { tokens: 20, nanoUsd: 3 });
    expect(ask(state, "/a/b", 6)).toMatchObject({ account: "/a/b", limit: 5 });
    expect(ask(state, "/a/c", 11)).toMatchObject({ account: "/", limit: 10 });
    expect(boundOnPath(state.accounts.get("/a/c")!, "nanoUsd")).toBe("/a/c");
    expect(boundOnPath(state.accounts.get("/a/b")!, "nanoUsd")).toBeUndefined();
  });
});

describe("budget: a look ahead", () => {
  it("answers as the request would be, and takes nothing", () => {
    const state = budget({ ceilings: { tokens: 10, modelCalls: 1 } });
    const ask = { account: "/a", amounts: { tokens: 10, modelCalls: 1 } };
    expect(peekBudget(state, ask).status).toBe("granted");
    expect([state.calls.size, state.root.spent[3], state.root.reserved[1]]).toEqual([0, 0, 0]);
    tokens(state, "held", 1);
    expect(peekBudget(state, ask).status).toBe("waiting");
    expect(state.waiting).toBe(0);
    settle(state, "held", 1);
    expect(peekBudget(state, ask).status).toBe("refused");
  });
});
