import { describe, expect, it } from "vitest";
import { createActor } from "xstate";
import {
  type Amounts,
  accountOf,
  type BudgetState,
  budgetLogic,
  type Ceilings,
  createBudget,
  decideBudget,
  leftOnPath,
  restoreBudget,
  type Stretch,
  saveBudget,
  takeWarnings,
  takeWoken,
} from "../../machines/budget/budget.ts";
import { askDecider } from "../../machines/decider.ts";

const none = { nanoUsd: 0, tokens: 0, outputTokens: 0 };

/** A root and `/a` below it, with these ceilings. */
function budget(root: Ceilings = {}, a: Ceilings = {}): BudgetState {
  const state = createBudget({ path: "/", ceilings: root });
  decideBudget(state, { type: "open", path: "/a", parent: "/", ceilings: a });
  return state;
}

function ask(state: BudgetState, key: string, amounts: Amounts, account = "/a", stretch?: Stretch) {
  return decideBudget(state, { type: "reserve", key, account, amounts, stretch });
}

const settle = (state: BudgetState, key: string, tokens = 0) =>
  decideBudget(state, { type: "settle", key, used: { ...none, tokens } });

const release = (state: BudgetState, key: string, started = true) =>
  decideBudget(state, { type: "release", key, started });

describe("budget: the edges of a ceiling", () => {
  const cases: { ceiling: number | null; asked: number; status: string }[] = [
    { ceiling: 10, asked: 9, status: "granted" },
    { ceiling: 10, asked: 10, status: "granted" },
    { ceiling: 10, asked: 11, status: "refused" },
    { ceiling: 0, asked: 1, status: "refused" },
    { ceiling: 0, asked: 0, status: "granted" },
    { ceiling: null, asked: 1e12, status: "granted" },
  ];
  for (const unit of ["nanoUsd", "tokens", "toolCalls", "modelCalls"] as const) {
    it.each(cases)(`${unit}: $asked of $ceiling is $status, here and above`, (row) => {
      const amounts = { [unit]: row.asked };
      const ceilings = { [unit]: row.ceiling };
      expect(ask(budget(ceilings), "k", amounts).status).toBe(row.status);
      expect(ask(budget({}, ceilings), "k", amounts).status).toBe(row.status);
    });
  }

  it("tells which account refused, and its figures", () => {
    const state = budget({ tokens: 100 });
    ask(state, "first", { tokens: 40 });
    settle(state, "first", 30);
    ask(state, "second", { tokens: 20 });
    expect(ask(state, "third", { tokens: 71 })).toEqual({
      status: "refused",
      bound: "total",
      account: "/",
      unit: "tokens",
      limit: 100,
      spent: 30,
      reserved: 20,
      asked: 71,
    });
  });

  it("reserves nothing for what it refuses", () => {
    const state = budget({ tokens: 10, toolCalls: 0 });
    expect(ask(state, "k", { tokens: 5, toolCalls: 1 }).status).toBe("refused");
    expect(state.root).toMatchObject({ reserved: [0, 0], spent: [0, 0, 0, 0, 0] });
    expect(state.calls.size).toBe(0);
  });

  it.each([Number.NaN, -1, 0.5, Infinity, 2 ** 53])("throws a RangeError for %s", (wrong) => {
    const state = budget();
    expect(() => ask(state, "k", { tokens: wrong })).toThrow(RangeError);
    expect(() => budget({ tokens: wrong })).toThrow(RangeError);
    ask(state, "k", { tokens: 1 });
    expect(() => settle(state, "k", wrong)).toThrow(RangeError);
    expect(accountOf(state, "/a").reserved).toEqual([0, 1]);
  });

  it("throws a RangeError for accounts that are not there, twice there, or not empty", () => {
    const state = budget();
    expect(() => ask(state, "k", {}, "/b")).toThrow(RangeError);
    expect(() => decideBudget(state, { type: "open", path: "/a", parent: "/" })).toThrow(
      RangeError,
    );
    expect(() => decideBudget(state, { type: "close", account: "/" })).toThrow(RangeError);
    decideBudget(state, { type: "open", path: "/a/b", parent: "/a" });
    expect(() => decideBudget(state, { type: "close", account: "/a" })).toThrow(RangeError);
  });
});

describe("budget: what a call costs", () => {
  it("lands on every account of the path, and stays when the account is closed", () => {
    const state = budget();
    const account = accountOf(state, "/a");
    ask(state, "k", { nanoUsd: 5, tokens: 7, toolCalls: 1, modelCalls: 2 });
    const used = { nanoUsd: 3, tokens: 6, outputTokens: 4 };
    decideBudget(state, { type: "settle", key: "k", used });
    decideBudget(state, { type: "close", account: "/a" });
    for (const { spent } of [state.root, account]) expect(spent).toEqual([3, 6, 1, 2, 4]);
    expect(account.own).toEqual([3, 6, 1, 2, 4]);
    expect(state.root.own).toEqual([0, 0, 0, 0, 0]);
  });

  it("charges a key once, however often it is asked for", () => {
    const state = budget({ toolCalls: 1 });
    expect(ask(state, "k", { toolCalls: 1 }).status).toBe("granted");
    expect(ask(state, "k", { toolCalls: 1 }).status).toBe("granted");
    expect(state.root.spent[2]).toBe(1);
  });

  it("charges more than was reserved honestly, and refuses from then on", () => {
    const state = budget({ tokens: 10 });
    ask(state, "k", { tokens: 10 });
    settle(state, "k", 25);
    expect(state.root.spent[1]).toBe(25);
    expect(leftOnPath(state.root, "tokens")).toBe(0);
    expect(ask(state, "next", { tokens: 1 }).status).toBe("refused");
    expect(ask(state, "free", { tokens: 0 }).status).toBe("granted");
  });

  it("charges what was reserved when nothing is known of it", () => {
    const state = budget();
    const stretch = { per: { tokens: 1, nanoUsd: 2 }, least: 1, most: 8 };
    ask(state, "k", { tokens: 3 }, "/a", stretch);
    decideBudget(state, { type: "settle", key: "k" });
    expect(state.root.spent).toEqual([16, 11, 0, 0, 8]);
    expect(state.root.reserved).toEqual([0, 0]);
  });

  it("gives counts back only for a call that never started", () => {
    const state = budget({ toolCalls: 2 });
    ask(state, "ran", { toolCalls: 1 });
    ask(state, "idle", { toolCalls: 1 });
    release(state, "ran");
    release(state, "idle", false);
    expect(state.root.spent[2]).toBe(1);
    expect(accountOf(state, "/a").own[2]).toBe(1);
  });

  it("answers unknown for a key that it does not hold", () => {
    const state = budget();
    expect(settle(state, "k")).toEqual({ status: "unknown" });
    expect(release(state, "k")).toEqual({ status: "unknown" });
  });

  it("never lets a count wait", () => {
    const state = budget({ toolCalls: 50 });
    const answers = Array.from({ length: 200 }, (_, n) => ask(state, `${n}`, { toolCalls: 1 }));
    expect(answers.filter(({ status }) => status === "granted")).toHaveLength(50);
    expect(answers.filter(({ status }) => status === "refused")).toHaveLength(150);
  });
});

describe("budget: a stretch", () => {
  const per = { tokens: 1, nanoUsd: 10 };

  it.each([
    { tokens: 200, least: 10, most: 50, answer: { status: "granted", steps: 50 } },
    { tokens: 130, least: 10, most: 50, answer: { status: "granted", steps: 30 } },
    { tokens: 110, least: 10, most: 50, answer: { status: "granted", steps: 10 } },
    { tokens: 109, least: 10, most: 50, answer: { status: "refused", asked: 110 } },
  ])("of $least to $most on 100 takes what is left of $tokens", (row) => {
    const state = budget({ tokens: row.tokens });
    expect(ask(state, "k", { tokens: 100 }, "/a", { per, ...row })).toMatchObject(row.answer);
  });

  it("takes the least of all units and accounts", () => {
    const state = budget({ tokens: 30 }, { nanoUsd: 205 });
    const stretch = { per, least: 1, most: 50 };
    expect(ask(state, "k", {}, "/a", stretch)).toMatchObject({ steps: 20 });
  });

  it("is measured anew when the wait is over", () => {
    const state = budget({ tokens: 100 });
    ask(state, "first", { tokens: 80 });
    const stretch = { per, least: 10, most: 60 };
    expect(ask(state, "second", {}, "/a", stretch).status).toBe("waiting");
    settle(state, "first", 70);
    expect(takeWoken(state)).toEqual([{ key: "second", answer: { status: "granted", steps: 30 } }]);
  });
});

describe("budget: warnings", () => {
  it("tell once per account and unit that the share is spent", () => {
    const state = createBudget({ path: "/", ceilings: { toolCalls: 10 } });
    decideBudget(state, {
      type: "open",
      path: "/a",
      parent: "/",
      ceilings: { toolCalls: 8 },
      warnAt: 1,
    });
    const told = Array.from({ length: 10 }, (_, n) => {
      ask(state, `${n}`, { toolCalls: 1 });
      return takeWarnings(state).map(({ account, spent }) => `${account} ${spent}`);
    });
    expect(told.flat()).toEqual(["/a 8", "/ 8"]);
  });

  it.each([
    { ceiling: 100, warnAt: 0.07, due: 7 },
    { ceiling: 3, warnAt: 0.5, due: 2 },
    { ceiling: 5, warnAt: 0, due: 1 },
    { ceiling: 0, warnAt: 0.8, due: undefined },
  ])("are due at $due of $ceiling for $warnAt", ({ ceiling, warnAt, due }) => {
    const state = createBudget({ path: "/", ceilings: { toolCalls: ceiling }, warnAt });
    const crossed = Array.from({ length: ceiling }, (_, n) => {
      ask(state, `${n}`, { toolCalls: 1 }, "/");
      return takeWarnings(state).length === 1 ? n + 1 : undefined;
    });
    expect(crossed.find((at) => at !== undefined)).toBe(due);
  });
});

describe("budget: through JSON", () => {
  it("keeps unlimited and none apart, and everything else as it was", () => {
    const state = budget({ tokens: 0, nanoUsd: null, toolCalls: 1 }, { nanoUsd: 10 });
    ask(state, "held", { nanoUsd: 8, toolCalls: 1 });
    ask(state, "waits", { nanoUsd: 4 });
    const saved = JSON.parse(JSON.stringify(saveBudget(state)));
    const again = restoreBudget(saved);
    expect(saveBudget(again)).toEqual(saved);
    expect(again.root.limit).toEqual([Infinity, 0, 1, Infinity]);
    expect(ask(again, "none", { tokens: 1 }).status).toBe("refused");
    expect(ask(again, "endless", { modelCalls: 1e9 }).status).toBe("granted");
    release(again, "held");
    expect(takeWoken(again)).toEqual([{ key: "waits", answer: { status: "granted", steps: 0 } }]);
  });

  it("gives no warning twice", () => {
    const state = budget({ toolCalls: 1 });
    ask(state, "k", { toolCalls: 1 });
    expect(takeWarnings(state)).toHaveLength(1);
    const again = restoreBudget(JSON.parse(JSON.stringify(saveBudget(state))));
    release(again, "k", false);
    ask(again, "l", { toolCalls: 1 });
    expect(takeWarnings(again)).toEqual([]);
  });
});

describe("budget: as an actor", () => {
  const start = (ceilings: object) =>
    createActor(budgetLogic, { input: { path: "/", ceilings } }).start();
  const one = { type: "reserve", key: "k", account: "/", amounts: { toolCalls: 1 } } as const;

  it("answers each event at once, and shows only a summary", () => {
    const actor = start({ toolCalls: 1 });
    const shown: number[] = [];
    actor.subscribe(({ context }) => void shown.push(context.held));
    actor.send(one);
    expect(actor.getSnapshot().answer).toEqual({ status: "granted", steps: 0 });
    expect(askDecider(actor, { ...one, key: "l" }).status).toBe("refused");
    expect(askDecider(actor, { type: "release", key: "k", started: false }).status).toBe("done");
    expect(shown).toEqual([1, 1, 0]);
    expect(actor.getSnapshot().context).toMatchObject({ held: 0, spent: { toolCalls: 0 } });
    expect(JSON.stringify(actor.getSnapshot())).not.toContain('"accounts":{');
  });

  it("answers a broken precondition with what it threw, and goes on", () => {
    const actor = start({ toolCalls: 1 });
    const close = { type: "close", account: "/nobody" } as const;
    actor.send(close);
    expect(actor.getSnapshot()).toMatchObject({ answer: undefined });
    expect(actor.getSnapshot().thrown).toBeInstanceOf(RangeError);
    expect(() => askDecider(actor, close)).toThrow(RangeError);
    expect(actor.getSnapshot().status).toBe("active");
    expect(askDecider(actor, one).status).toBe("granted");
  });

  it("decides nothing within another decision, and nothing once it is stopped", () => {
    const actor = start({ toolCalls: 2 });
    const within: unknown[] = [];
    const watching = actor.subscribe(() => {
      try {
        within.push(askDecider(actor, { ...one, key: "within" }));
      } catch (thrown) {
        within.push(String(thrown));
      }
    });
    expect(askDecider(actor, one).status).toBe("granted");
    expect(within).toEqual([expect.stringContaining("within another decision")]);
    watching.unsubscribe();
    expect(actor.getSnapshot().context.held).toBe(1);
    actor.stop();
    expect(actor.getSnapshot().status).toBe("stopped");
    expect(() => askDecider(actor, { ...one, key: "late" })).toThrow("was stopped");
  });

  it("is persisted and restored by XState", () => {
    const actor = createActor(budgetLogic, { input: { path: "/", ceilings: { tokens: 0 } } });
    actor.start();
    const snapshot = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()));
    const again = createActor(budgetLogic, { snapshot, input: { path: "/" } }).start();
    expect(again.getSnapshot().state.root.limit[1]).toBe(0);
  });
});
