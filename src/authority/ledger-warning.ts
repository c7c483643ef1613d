import type { BudgetWarning } from "../../machines/budget/budget.ts";
import type { Unit } from "../wire/spec.ts";
import { amountOf, unitName } from "./budget-options.ts";

export interface LedgerWarning {
  readonly path: string;
  readonly unit: Unit;
  readonly limit: number;
  readonly spent: number;
  /** The agent whose call crossed it. */
  readonly by: string;
  /** Of a window: how long it is, in milliseconds. */
  readonly everyMs?: number;
}

/** The warning in the contract's units. */
export function ledgerWarning({ account: path, ...warning }: BudgetWarning): LedgerWarning {
  const unit = unitName(warning.unit);
  const [limit, spent] = [amountOf(unit, warning.limit), amountOf(unit, warning.spent)];
  return { path, ...warning, unit, limit, spent };
}
