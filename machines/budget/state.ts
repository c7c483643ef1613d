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
  /** Milliseconds, as last told; it never goes back. */
  now: number;
  /** The age of the next call. */
  age: number;
  /** How many calls wait. Never more than are in flight, which the tree's limits bound. */
  waiting: number;
  woken: Woken[];
  /** Whether a call is granted as soon as its turn comes, or told of and then tried again. */
  readonly onTurn: "grant" | "tell";
  /** Calls whose turn has come and was not yet told. */
  due: BudgetCall[];
  warnings: BudgetWarning[];
}

/** What a budget begins with; `now` is the time, in milliseconds, and 0 if nobody tells it. */
export interface NewBudget extends NewAccount {
  readonly now?: number | undefined;
  /**
   * Default: who waits is granted when its turn comes. With "tell" it is only told of, and goes on
   * by a `wake`; until then all who came later wait behind it.
   */
  readonly onTurn?: "grant" | "tell" | undefined;
}

export function createBudget({ now = 0, onTurn, ...root }: NewBudget): BudgetState {
  return budgetWith(createAccount(root, undefined, now), now, onTurn);
}

/** A budget of one account. */
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

/** The calls that waited and no longer do, in order; each is told once. */
export function takeWoken(state: BudgetState): Woken[] {
  if (state.woken.length === 0) return [];
  const taken = state.woken;
  state.woken = [];
  // One that was granted may have been released or closed before anybody looked.
  return taken.filter(({ key, answer }) => answer.status === "refused" || state.calls.has(key));
}

/** The calls whose turn has come and that still wait, in order; each is told once. */
export function takeDue(state: BudgetState): DueCall[] {
  if (state.due.length === 0) return [];
  const taken = state.due;
  state.due = [];
  return taken
    .filter(({ isDue }) => isDue)
    .map(({ key, account }) => ({ key, account: account.path }));
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
