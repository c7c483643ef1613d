import { deciderLogic, refuseType } from "../decider.ts";
import type { Amounts } from "./accounts.ts";
import { forgetCall, raise, release, reserve, settle, wakeCall, wakeUp } from "./calls.ts";
import { accountAbove, createAccount, type NewAccount } from "./create.ts";
import { grow } from "./growth.ts";
import type { ReserveAnswer } from "./queue.ts";
import type {
  BudgetAnswer,
  BudgetRequest,
  Grow,
  GrowAnswer,
  Reserve,
  Wake,
  WakeAnswer,
} from "./request.ts";
import { restoreBudget, type SavedBudget, saveBudget } from "./snapshot.ts";
import {
  accountOf,
  type BudgetState,
  createBudget,
  type NewBudget,
  takeDue,
  takeWarnings,
  takeWoken,
} from "./state.ts";
import { tellTime } from "./time.ts";
import { forgetWindows, watchWindows } from "./windows.ts";

export type {
  Account,
  ActionCeilings,
  Amounts,
  BudgetUnit,
  BudgetWarning,
  Ceilings,
  Stretch,
  WindowCeilings,
} from "./accounts.ts";
export { BUDGET_UNITS, boundOnPath, leftOnPath } from "./accounts.ts";
export { type Peek, peek as peekBudget } from "./calls.ts";
export { accountAbove, type NewAccount, windowsOf } from "./create.ts";
export type {
  BudgetGranted,
  BudgetRefused,
  BudgetWaiting,
  ReserveAnswer,
  Woken,
} from "./queue.ts";
export type {
  BudgetAnswer,
  BudgetRequest,
  DueCall,
  Grow,
  GrowAnswer,
  Reserve,
  Used,
  Wake,
  WakeAnswer,
} from "./request.ts";
export { saveBudgetOf } from "./run.ts";
export { restoreBudget, type SavedBudget, saveBudget } from "./snapshot.ts";
export {
  accountOf,
  type BudgetState,
  createBudget,
  type NewBudget,
  takeDue,
  takeWarnings,
  takeWoken,
} from "./state.ts";
export { isTold } from "./time.ts";
export { DAY_MS, isTimeZone } from "./zone.ts";

/** The summary of the whole tree for observers. */
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
 * Decides every request to the budget.
 *
 * **Guarantees** a grant never takes an account of the path over its ceiling; every charge is added
 * to each of them; a key is charged once, however often it is requested; waiting calls are served
 * in the order of their requests, wherever they wait.
 * **Fails with** RangeError when a number is not a whole one of at least 0, when an account is
 * opened twice, closed before its children, or not open at all, and for an unknown type.
 */
export function decideBudget(state: BudgetState, request: Reserve): ReserveAnswer;
export function decideBudget(state: BudgetState, request: Grow): GrowAnswer;
export function decideBudget(state: BudgetState, request: Wake): WakeAnswer;
export function decideBudget(state: BudgetState, request: BudgetRequest): BudgetAnswer;
export function decideBudget(state: BudgetState, request: BudgetRequest): BudgetAnswer {
  switch (request.type) {
    case "reserve":
      return reserve(state, request);
    case "grow":
      return grow(state, request);
    case "wake":
      return wakeKnown(state, request);
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
      tellTime(state, request);
      return DONE;
    case "take-woken":
      return { status: "woken", calls: takeWoken(state) };
    case "take-due":
      return { status: "due", calls: takeDue(state) };
    case "take-warnings":
      return { status: "warned", warnings: takeWarnings(state) };
    default:
      return refuseType(request);
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

/** Tries a call again. A call that the given answer says is unknown is unknown here too. */
function wakeKnown(state: BudgetState, { key, given }: Wake): WakeAnswer {
  if (given?.status === "unknown") return given;
  return wakeCall(state, { key, given }) ?? UNKNOWN;
}

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
  forgetWindows(state, account);
  above.children--;
  const freed = [...account.calls].flatMap((call) => forgetCall(state, call));
  wakeUp(state, freed);
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
