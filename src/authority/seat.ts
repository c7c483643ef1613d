import { type Account, leftOnPath } from "../../machines/budget/budget.ts";
import type { Usage } from "../wire/outcome.ts";
import type { Unit } from "../wire/spec.ts";
import { amountOf, UNIT_NAMES, UNITS } from "./budget-options.ts";

/** An agent's place at the door: its rights and its account. Restarts keep it. */
export interface Seat {
  readonly path: string;
  readonly parent: Seat | undefined;
  readonly account: Account;
  children: Set<Seat> | undefined;
  closed: boolean;
}

export function seatAt(parent: Seat | undefined, account: Account): Seat {
  return { path: account.path, parent, account, children: undefined, closed: false };
}

/** What a seat and all that was ever below it have used; also after it was closed. */
export function usageOf(seat: Seat): Usage {
  return told(seat.account.spent);
}

/** What a seat has used by its own calls; summed over seats, nothing is counted twice. */
export function ownUsageOf(seat: Seat): Usage {
  return told(seat.account.own);
}

export interface BudgetLine {
  /** Of the seat itself; null is unlimited. */
  readonly limit: number | null;
  readonly reserved: number;
  readonly spent: number;
  /** The least that is left on the whole path; null when nothing bounds it. */
  readonly remaining: number | null;
}

/** Where a seat's budget stands, in the contract's units. */
export function budgetOf({ account }: Seat): Record<Unit, BudgetLine> {
  const line = (unit: Unit, at: number): BudgetLine => {
    const limit = account.limit[at]!;
    const remaining = leftOnPath(account, UNIT_NAMES[unit]);
    return {
      limit: limit === Infinity ? null : amountOf(unit, limit),
      reserved: amountOf(unit, account.reserved[at] ?? 0),
      spent: amountOf(unit, account.spent[at]!),
      remaining: remaining === null ? null : amountOf(unit, remaining),
    };
  };
  const lines = UNITS.map((unit, at) => [unit, line(unit, at)] as const);
  return Object.fromEntries(lines) as Record<Unit, BudgetLine>;
}

function told([nanoUsd, tokens, toolCalls, modelCalls, outputTokens]: readonly number[]): Usage {
  return {
    usd: amountOf("usd", nanoUsd!),
    inputTokens: tokens! - outputTokens!,
    outputTokens: outputTokens!,
    toolCalls: toolCalls!,
    modelCalls: modelCalls!,
  };
}
