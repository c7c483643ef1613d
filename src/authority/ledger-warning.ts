import type { BudgetWarning } from "../../machines/budget/budget.ts";
import type { Unit } from "../wire/spec.ts";
import { amountOf, unitName } from "./budget-options.ts";

export interface LedgerWarning {
  readonly path: string;
  readonly unit: Unit;
  readonly limit: number;
  readonly spent: number;
  /** The agent whose call crossed the threshold. */
  readonly by: string;
  /** The length of the window in milliseconds, for a ceiling of a window. */
  readonly everyMs?: number;
}

/** Returns the warning in the contract's units. */
export function ledgerWarning({ account: path, ...warning }: BudgetWarning): LedgerWarning {
  const unit = unitName(warning.unit);
  const [limit, spent] = [amountOf(unit, warning.limit), amountOf(unit, warning.spent)];
  return { path, ...warning, unit, limit, spent };
}
