import type { Account, BudgetCall, BudgetWarning } from "./accounts.ts";
import { createAccount, type NewAccount } from "./create.ts";
import type { Woken } from "./queue.ts";
import type { DueCall } from "./request.ts";
import { type Windows, watchWindows } from "./windows.ts";

/** The tree of accounts. Mutated in place by {@link decideBudget} and by nothing else. */
export interface BudgetState extends Windows {
  readonly root: Account;
  readonly accounts: Map<string, Account>;
  readonly calls: Map<string, BudgetCall>;
  /** Milliseconds, as last set. */
  now: number;
  /** The age of the next call. */
  age: number;
  /** The number of waiting calls. The tree's limits bound it, as they bound the calls in flight. */
  waiting: number;
  woken: Woken[];
  /** `grant` grants a call as soon as its turn comes; `tell` reports it, to be tried again. */
  readonly onTurn: "grant" | "tell";
  /** Calls whose turn has come and that were not yet taken. */
  due: BudgetCall[];
  warnings: BudgetWarning[];
}

/** The options of a new budget; `now` is the time in milliseconds. Default 0. */
export interface NewBudget extends NewAccount {
  readonly now?: number | undefined;
  /**
   * With "tell" a waiting call whose turn has come is only reported, and continues by a `wake`;
   * until then all later calls wait behind it. Default: it is granted when its turn comes.
   */
  readonly onTurn?: "grant" | "tell" | undefined;
}

export function createBudget({ now = 0, onTurn, ...root }: NewBudget): BudgetState {
  return budgetWith(createAccount(root, undefined, now), now, onTurn);
}

/** Creates a budget of one account. */
export function budgetWith(
  root: Account,
  now: number,
  onTurn: BudgetState["onTurn"] = "grant",
): BudgetState {
  const state: BudgetState = {
    root,
    accounts: new Map([[root.path, root]]),
    calls: new Map(),
    now,
    windows: new Set(),
    turnsAt: Infinity,
    windowsOfRuns: new Map(),
    age: 0,
    waiting: 0,
    woken: [],
    onTurn,
    due: [],
    warnings: [],
  };
  watchWindows(state, root);
  return state;
}

/** Takes the calls that have waited and no longer do, in order; each is returned once. */
export function takeWoken(state: BudgetState): Woken[] {
  if (state.woken.length === 0) return [];
  const taken = state.woken;
  state.woken = [];
  // A granted call may have been released or closed before this.
  return taken.filter(({ key, answer }) => answer.status === "refused" || state.calls.has(key));
}

/** Takes the calls whose turn has come and that still wait, in order; each is returned once. */
export function takeDue(state: BudgetState): DueCall[] {
  if (state.due.length === 0) return [];
  const taken = state.due;
  state.due = [];
  return taken
    .filter(({ isDue }) => isDue)
    .map(({ key, account }) => ({ key, account: account.path }));
}

/** Takes the warnings since the last time: one per ceiling, for a window one per turn. */
export function takeWarnings(state: BudgetState): BudgetWarning[] {
  if (state.warnings.length === 0) return [];
  const taken = state.warnings;
  state.warnings = [];
  return taken;
}

export function accountOf(state: BudgetState, path: string): Account {
  const account = state.accounts.get(path);
  if (account === undefined) throw new RangeError(`no account is open for ${path}`);
  return account;
}
