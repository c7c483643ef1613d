import type { Account, BudgetCall, BudgetWarning } from "./accounts.ts";
import { createAccount, type NewAccount, windowsOf } from "./create.ts";
import type { Woken } from "./queue.ts";

/** The tree of accounts. Mutated in place by {@link decideBudget} and by nothing else. */
export interface BudgetState {
  readonly root: Account;
  readonly accounts: Map<string, Account>;
  readonly calls: Map<string, BudgetCall>;
  /** Milliseconds, as last told; it never goes back. */
  now: number;
  /** The accounts that stand for windows, and when the first of them turns. */
  readonly windows: Set<Account>;
  turnsAt: number;
  /** The age of the next call. */
  age: number;
  /** How many calls wait. Never more than are in flight, which the tree's limits bound. */
  waiting: number;
  woken: Woken[];
  warnings: BudgetWarning[];
}

/** What a budget begins with; `now` is the time, in milliseconds, and 0 if nobody tells it. */
export interface NewBudget extends NewAccount {
  readonly now?: number | undefined;
}

export function createBudget({ now = 0, ...root }: NewBudget): BudgetState {
  return budgetWith(createAccount(root, undefined, now), now);
}

/** A budget of one account. */
export function budgetWith(root: Account, now: number): BudgetState {
  const state: BudgetState = {
    root,
    accounts: new Map([[root.path, root]]),
    calls: new Map(),
    now,
    windows: new Set(),
    turnsAt: Infinity,
    age: 0,
    waiting: 0,
    woken: [],
    warnings: [],
  };
  watchWindows(state, root);
  return state;
}

/** Has the windows of an account turn when their time comes. */
export function watchWindows(state: BudgetState, account: Account): void {
  for (const on of windowsOf(account)) {
    state.windows.add(on);
    state.turnsAt = Math.min(state.turnsAt, on.window?.endsAt ?? Infinity);
  }
}

/** The calls that waited and no longer do, in order; each is told once. */
export function takeWoken(state: BudgetState): Woken[] {
  if (state.woken.length === 0) return [];
  const taken = state.woken;
  state.woken = [];
  // One that was granted may have been released or closed before anybody looked.
  return taken.filter(({ key, answer }) => answer.status === "refused" || state.calls.has(key));
}

/** The thresholds crossed since the last look; one per account and unit, ever. */
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
