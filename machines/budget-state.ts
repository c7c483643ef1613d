import {
  type Account,
  type BudgetWarning,
  type Call,
  createAccount,
  type NewAccount,
} from "./budget-accounts.ts";
import type { Woken } from "./budget-queue.ts";

/** The tree of accounts. Mutated in place by {@link decideBudget} and by nothing else. */
export interface BudgetState {
  readonly root: Account;
  readonly accounts: Map<string, Account>;
  readonly calls: Map<string, Call>;
  /** The age of the next call. */
  age: number;
  /** How many calls wait. Never more than are in flight, which the tree's limits bound. */
  waiting: number;
  woken: Woken[];
  warnings: BudgetWarning[];
}

export function createBudget(root: NewAccount): BudgetState {
  const account = createAccount(root, undefined);
  return {
    root: account,
    accounts: new Map([[account.path, account]]),
    calls: new Map(),
    age: 0,
    waiting: 0,
    woken: [],
    warnings: [],
  };
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
