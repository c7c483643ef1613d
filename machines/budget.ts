import {
  type Account,
  type Amounts,
  BUDGET_UNITS,
  type BudgetUnit,
  type Stretch,
} from "./budget-accounts.ts";
import { forget, raise, release, reserve, settle, type Used, wakeUp } from "./budget-calls.ts";
import {
  accountAbove,
  createAccount,
  type NewAccount,
  windowEnd,
  windowsOf,
} from "./budget-create.ts";
import { grow } from "./budget-growth.ts";
import type { ReserveAnswer } from "./budget-queue.ts";
import { restoreBudget, type SavedBudget, saveBudget } from "./budget-snapshot.ts";
import {
  accountOf,
  type BudgetState,
  createBudget,
  type NewBudget,
  watchWindows,
} from "./budget-state.ts";
import { deciderLogic } from "./decider.ts";

export type {
  Account,
  ActionCeilings,
  Amounts,
  BudgetUnit,
  BudgetWarning,
  Ceilings,
  Stretch,
  WindowCeilings,
} from "./budget-accounts.ts";
export { BUDGET_UNITS, boundOnPath, leftOnPath } from "./budget-accounts.ts";
export { peek as peekBudget, type Used } from "./budget-calls.ts";
export { accountAbove, type NewAccount, windowsOf } from "./budget-create.ts";
export type {
  BudgetGranted,
  BudgetRefused,
  BudgetWaiting,
  ReserveAnswer,
  Woken,
} from "./budget-queue.ts";
export { restoreBudget, type SavedBudget, saveBudget } from "./budget-snapshot.ts";
export {
  accountOf,
  type BudgetState,
  createBudget,
  type NewBudget,
  takeWarnings,
  takeWoken,
} from "./budget-state.ts";
export { DAY_MS, isTimeZone } from "./budget-zone.ts";

/** Asks for amounts: granted, refused, or waiting until reservations come back. */
export interface Reserve {
  readonly type: "reserve";
  /** Names the call; asking again with it answers as before and charges nothing. */
  readonly key: string;
  readonly account: string;
  readonly amounts: Amounts;
  readonly stretch?: Stretch | undefined;
}

export type BudgetRequest =
  | Reserve
  | ({ readonly type: "open"; readonly parent: string } & NewAccount)
  /** A call that is held needs so much in all, which turned out to be more than it has reserved. */
  | { readonly type: "grow"; readonly key: string; readonly amounts: Amounts }
  | { readonly type: "settle"; readonly key: string; readonly used?: Used | undefined }
  | {
      readonly type: "release";
      readonly key: string;
      /** Whether the call began: its counts are then spent for good. */
      readonly started: boolean;
    }
  | { readonly type: "close"; readonly account: string }
  /** Somebody allows more: what waited for it is tried again. An unlimited unit stays so. */
  | {
      readonly type: "raise";
      readonly account: string;
      readonly unit: BudgetUnit;
      readonly amount: number;
    }
  /** The date, in milliseconds: windows that have ended begin anew. */
  | { readonly type: "time"; readonly now: number };

export type BudgetAnswer =
  | ReserveAnswer
  | { readonly status: "settled"; readonly used: Used }
  | { readonly status: "done" }
  /** No call of that key waits or is held: nothing was changed. */
  | { readonly status: "unknown" };

/** What observers see of the whole tree. */
export interface BudgetSummary {
  readonly accounts: number;
  readonly held: number;
  readonly waiting: number;
  readonly spent: Required<Amounts>;
  readonly reserved: { readonly nanoUsd: number; readonly tokens: number };
}

const DONE = { status: "done" } as const;
const UNKNOWN = { status: "unknown" } as const;

/**
 * The one way into the budget.
 *
 * **Guarantees** a grant never takes an account of the path over its ceiling; every charge lands
 * on each of them; a key is charged once, however often it is asked for; who waits is served in
 * the order of asking, wherever it was in need.
 * **Fails with** RangeError when a number is not a whole one of at least 0, when an account is
 * opened twice, closed before its children, or not open at all.
 */
export function decideBudget(state: BudgetState, request: Reserve): ReserveAnswer;
export function decideBudget(state: BudgetState, request: BudgetRequest): BudgetAnswer;
export function decideBudget(state: BudgetState, request: BudgetRequest): BudgetAnswer {
  switch (request.type) {
    case "reserve":
      return reserve(state, request);
    case "grow":
      return grow(state, request.key, request.amounts) ?? UNKNOWN;
    case "settle": {
      const used = settle(state, request.key, request.used);
      return used === undefined ? UNKNOWN : { status: "settled", used };
    }
    case "release":
      return release(state, request.key, request.started) ? DONE : UNKNOWN;
    case "open":
      open(state, request);
      return DONE;
    case "close":
      close(state, request.account);
      return DONE;
    case "raise":
      raise(state, request);
      return DONE;
    case "time":
      tell(state, request.now);
      return DONE;
  }
}

/** The budget as an XState actor: `createActor(budgetLogic, { input: { path: "/" } })`. */
export const budgetLogic = deciderLogic<
  BudgetState,
  BudgetRequest,
  BudgetAnswer,
  BudgetSummary,
  NewBudget,
  SavedBudget
>({
  create: createBudget,
  decide: decideBudget,
  summarise,
  save: saveBudget,
  restore: restoreBudget,
});

function open(state: BudgetState, asked: NewAccount & { readonly parent: string }): void {
  if (state.accounts.has(asked.path)) {
    throw new RangeError(`an account is already open for ${asked.path}`);
  }
  const parent = accountOf(state, asked.parent);
  const account = createAccount(asked, parent, state.now);
  state.accounts.set(asked.path, account);
  watchWindows(state, account);
  parent.children++;
}

function close(state: BudgetState, path: string): void {
  const account = accountOf(state, path);
  const above = accountAbove(account);
  if (account.children > 0 || above === undefined) {
    throw new RangeError(`${path} has ${account.children} open accounts below it`);
  }
  state.accounts.delete(path);
  for (const window of windowsOf(account)) state.windows.delete(window);
  above.children--;
  const freed = [...account.calls].flatMap((call) => forget(state, call));
  wakeUp(state, freed);
}

/**
 * What is spent in a window is what is settled in it: a reservation that is held when it turns is
 * held in the next one. A clock that is set back turns none: no window comes twice.
 */
function tell(state: BudgetState, now: number): void {
  if (Number.isNaN(now) || now === state.now) return;
  const isBack = now < state.now;
  state.now = now;
  if (now < state.turnsAt && !isBack) return;
  state.turnsAt = Infinity;
  const turned: Account[] = [];
  for (const on of state.windows) {
    const { window } = on;
    if (window === undefined) continue;
    if (window.endsAt <= now) {
      window.endsAt = windowEnd(window, now);
      on.spent.fill(0);
      BUDGET_UNITS.forEach((_, at) => {
        on.warnFrom[at] = window.warnFrom[at] ?? Infinity;
      });
      turned.push(on);
    } else if (window.endsAt - now > 2 * window.everyMs) {
      // The clock had been wrong: the window would last for as long as that.
      window.endsAt = windowEnd(window, now);
    }
    state.turnsAt = Math.min(state.turnsAt, window.endsAt);
  }
  wakeUp(state, turned);
}

function summarise({ root, accounts, calls, waiting }: BudgetState): BudgetSummary {
  const [nanoUsd = 0, tokens = 0, toolCalls = 0, modelCalls = 0] = root.spent;
  return {
    accounts: accounts.size,
    held: calls.size - waiting,
    waiting,
    spent: { nanoUsd, tokens, toolCalls, modelCalls },
    reserved: { nanoUsd: root.reserved[0]!, tokens: root.reserved[1]! },
  };
}
