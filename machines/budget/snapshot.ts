import { plainCopy } from "../plain-copy.ts";
import {
  type Account,
  type AccountWindow,
  type Amounts,
  BUDGET_UNITS,
  type BudgetCall,
  type BudgetWarning,
  type Ceilings,
  HELD,
  hold,
  NOWHERE,
  type Stretch,
} from "./accounts.ts";
import { accountAbove, createAccount, windowsOf } from "./create.ts";
import { attempt, judge, queueUp, type Woken } from "./queue.ts";
import { type BudgetState, budgetWith } from "./state.ts";
import { watchWindows } from "./windows.ts";

interface SavedAccount {
  readonly path: string;
  readonly parent: string | null;
  /** In the order of `BUDGET_UNITS`; null is unlimited, 0 allows nothing. */
  readonly limit: readonly (number | null)[];
  /** The amounts spent from which a warning is still due; null for never. */
  readonly warnFrom: readonly (number | null)[];
  readonly spent: readonly number[];
  readonly own: readonly number[];
  /** The bounds on one call; left out when they are those from above. */
  readonly action?: readonly (number | null)[];
  readonly windows?: readonly SavedWindow[];
}

interface SavedWindow {
  readonly everyMs: number;
  readonly timeZone?: string;
  readonly endsAt: number;
  readonly limit: readonly (number | null)[];
  readonly warnFrom: readonly (number | null)[];
  /** The thresholds of its warnings after it ends. */
  readonly warnsFrom: readonly (number | null)[];
  readonly spent: readonly number[];
}

interface SavedCall {
  readonly key: string;
  readonly account: string;
  readonly amounts: Amounts;
  readonly stretch: Stretch | null;
  readonly age: number;
  readonly waiting: boolean;
  readonly asked: readonly number[];
  readonly steps: number;
}

/** The budget as plain JSON; parents before children, calls in order of age. */
export interface SavedBudget {
  readonly accounts: readonly SavedAccount[];
  readonly calls: readonly SavedCall[];
  readonly now: number;
  readonly age: number;
  readonly woken: readonly Woken[];
  readonly warnings: readonly BudgetWarning[];
  /** Left out for a budget that grants waiting calls when their turn comes. */
  readonly onTurn?: "tell";
}

/**
 * Returns the budget as plain JSON.
 *
 * **Guarantees** shares nothing with the state, so later decisions do not change it.
 */
export function saveBudget(state: BudgetState): SavedBudget {
  return {
    // A child is opened after its parent, and maps keep that order.
    accounts: [...state.accounts.values()].map(saveAccount),
    calls: [...state.calls.values()].map(saveCall).sort((a, b) => a.age - b.age),
    now: state.now,
    age: state.age,
    woken: plainCopy(state.woken),
    warnings: plainCopy(state.warnings),
    ...(state.onTurn === "tell" && { onTurn: state.onTurn }),
  };
}

export function restoreBudget(saved: SavedBudget): BudgetState {
  const accounts = new Map<string, Account>();
  for (const account of saved.accounts) accounts.set(account.path, openSaved(account, accounts));
  const [root] = accounts.values();
  if (root === undefined) throw new RangeError("a saved budget has at least its root account");
  const state: BudgetState = {
    ...budgetWith(root, saved.now, saved.onTurn),
    accounts,
    age: saved.age,
    woken: plainCopy([...saved.woken]),
    warnings: plainCopy([...saved.warnings]),
  };
  for (const account of accounts.values()) watchWindows(state, account);
  for (const call of saved.calls.filter(({ waiting }) => !waiting)) reserveSaved(state, call);
  // Waiting calls are tried in the old order, and queued again where they are still blocked.
  for (const call of saved.calls.filter(({ waiting }) => waiting)) queueSaved(state, call);
  return state;
}

export function saveAccount(account: Account): SavedAccount {
  const { path, limit, warnFrom, spent, own, action } = account;
  const above = accountAbove(account);
  const windows = windowsOf(account).map(saveWindow);
  return {
    path,
    parent: above?.path ?? null,
    limit: limit.map(finite),
    warnFrom: warnFrom.map(finite),
    spent: [...spent],
    own: [...own],
    ...(action && action !== above?.action && { action: action.limit.map(finite) }),
    ...(windows.length > 0 && { windows }),
  };
}

function saveWindow({ window, limit, warnFrom, spent }: Account): SavedWindow {
  const { everyMs, timeZone, endsAt, warnFrom: warnsFrom } = window as AccountWindow;
  return {
    everyMs,
    ...(timeZone !== undefined && { timeZone }),
    endsAt,
    limit: limit.map(finite),
    warnFrom: warnFrom.map(finite),
    warnsFrom: warnsFrom.map(finite),
    spent: [...spent],
  };
}

function saveCall({
  key,
  account,
  amounts,
  stretch,
  age,
  waiting,
  asked,
  steps,
}: BudgetCall): SavedCall {
  const path = account.path;
  const kept = [...asked];
  return {
    key,
    account: path,
    amounts: plainCopy(amounts),
    stretch: plainCopy(stretch ?? null),
    age,
    waiting,
    asked: kept,
    steps,
  };
}

function openSaved(saved: SavedAccount, accounts: ReadonlyMap<string, Account>): Account {
  const parent = saved.parent === null ? undefined : accounts.get(saved.parent);
  if (saved.parent !== null && parent === undefined) {
    throw new RangeError(`the saved account ${saved.path} comes before its parent`);
  }
  if (parent !== undefined) parent.children++;
  const { path, limit, action, windows = [] } = saved;
  const asked = {
    path,
    ceilings: ceilingsOf(limit),
    perAction: action && ceilingsOf(action),
    windows: windows.map(({ everyMs, timeZone, limit }) => {
      return { everyMs, timeZone, ceilings: ceilingsOf(limit) };
    }),
  };
  const account = createAccount(asked, parent, 0);
  copy(saved.warnFrom, account.warnFrom);
  copy(saved.spent, account.spent);
  copy(saved.own, account.own);
  windowsOf(account).forEach((on, n) => {
    refill(on, windows[n] as SavedWindow);
  });
  return account;
}

function refill({ warnFrom, spent, window }: Account, saved: SavedWindow): void {
  const { warnFrom: warnsFrom } = window as AccountWindow;
  copy(saved.warnFrom, warnFrom);
  copy(saved.warnsFrom, warnsFrom);
  copy(saved.spent, spent);
  (window as AccountWindow).endsAt = saved.endsAt;
}

function ceilingsOf(row: readonly (number | null)[]): Ceilings {
  return Object.fromEntries(row.map((ceiling, at) => [BUDGET_UNITS[at], ceiling]));
}

function reserveSaved(state: BudgetState, saved: SavedCall): void {
  const call = file(state, saved);
  for (let at = 0; at < HELD; at++) hold(call.account, at, call.asked[at]!);
}

function queueSaved(state: BudgetState, saved: SavedCall): void {
  const call = file(state, saved);
  if (state.onTurn === "tell") return tellSaved(state, call);
  const answer = attempt(call, state.warnings);
  if (answer.status === "waiting") {
    state.waiting++;
    return;
  }
  state.woken.push({ key: call.key, answer });
  if (answer.status === "granted") return;
  state.calls.delete(call.key);
  call.account.calls.pop();
}

/** Queues a waiting call where it is blocked; a call that nothing blocks is recorded as due. */
function tellSaved(state: BudgetState, call: BudgetCall): void {
  call.isDue = judge(call).status !== "waiting";
  state.waiting++;
  queueUp(call);
  if (call.isDue) state.due.push(call);
}

function file(state: BudgetState, saved: SavedCall): BudgetCall {
  const account = state.accounts.get(saved.account);
  if (account === undefined) throw new RangeError(`the saved call ${saved.key} has no account`);
  const { key, age, steps } = saved;
  const amounts = plainCopy(saved.amounts);
  const stretch = plainCopy(saved.stretch ?? undefined);
  const place = account.calls.length;
  const asked = [...saved.asked];
  const waiting = false;
  const call = {
    key,
    account,
    amounts,
    stretch,
    age,
    asked,
    steps,
    waiting,
    isDue: false,
    stands: NOWHERE,
    place,
  };
  state.calls.set(call.key, call);
  account.calls.push(call);
  return call;
}

/** Returns a figure for JSON, which has no infinity: null is unlimited, and 0 stays 0. */
function finite(figure: number): number | null {
  return figure === Infinity ? null : figure;
}

function copy(from: readonly (number | null)[], to: number[]): void {
  from.forEach((figure, at) => {
    to[at] = figure ?? Infinity;
  });
}
