import type { BudgetUnit } from "../../machines/budget.ts";
import { CoppiceError } from "../errors.ts";
import type { Budget, Unit } from "../wire/spec.ts";

const NANO = 1e9;

/** The contract's units, in its order, and what the accounts call them. */
export const UNIT_NAMES = {
  usd: "nanoUsd",
  tokens: "tokens",
  toolCalls: "toolCalls",
  modelCalls: "modelCalls",
} as const satisfies Record<Unit, BudgetUnit>;

export const UNITS = Object.keys(UNIT_NAMES) as readonly Unit[];

/** The accounts' unit as the contract calls it. */
export const unitName = (unit: BudgetUnit): Unit => (unit === "nanoUsd" ? "usd" : unit);

/** An amount of the accounts as people read it: dollars for money, itself for the rest. */
export const amountOf = (unit: Unit, amount: number): number =>
  unit === "usd" ? amount / NANO : amount;

/** Ceilings in the accounts' units; a unit left out is unlimited, 0 is none. */
export interface BudgetOptions {
  readonly ceilings: { readonly [U in BudgetUnit]?: number };
  readonly warnAt: number | undefined;
}

/**
 * Reads budgets that all apply to one account: the tighter wins, unit by unit.
 *
 * **Fails with** `OPTIONS_INVALID` for an amount that is negative, not finite or (but for `usd`)
 * not whole, for a field that is unknown, and for `onExceeded: "ask"`.
 */
export function readBudgets(budgets: readonly Budget[], path: string): BudgetOptions {
  const ceilings: { [U in BudgetUnit]?: number } = {};
  let warnAt: number | undefined;
  for (const budget of budgets) {
    const read = readBudget(budget, path);
    for (const unit of UNITS) {
      const name = UNIT_NAMES[unit];
      const ceiling = read.ceilings[name];
      if (ceiling !== undefined) ceilings[name] = Math.min(ceiling, ceilings[name] ?? ceiling);
    }
    if (read.warnAt !== undefined) warnAt = Math.min(read.warnAt, warnAt ?? read.warnAt);
  }
  return { ceilings, warnAt };
}

function readBudget(budget: Budget, path: string): BudgetOptions {
  if (typeof budget !== "object" || budget === null || Array.isArray(budget)) {
    throw invalid(path, "", budget, "must be an object of units");
  }
  const ceilings: { [U in BudgetUnit]?: number } = {};
  for (const [field, value] of Object.entries(budget) as [string, unknown][]) {
    if (value === undefined || field === "warnAt") continue;
    if (field === "onExceeded") {
      // Asking a person comes with approvals; taking it for "stop" would be a silent surprise.
      if (value === "stop") continue;
      throw invalid(path, field, value, 'can only be "stop" in this version');
    }
    if (!isUnit(field)) throw invalid(path, field, value, `is not one of ${UNITS.join(", ")}`);
    ceilings[UNIT_NAMES[field]] = readCeiling(path, field, value);
  }
  return { ceilings, warnAt: readShare(path, budget.warnAt) };
}

function readCeiling(path: string, unit: Unit, value: unknown): number {
  const amount = unit === "usd" ? Math.round(Number(value) * NANO) : value;
  if (typeof value !== "number" || !Number.isSafeInteger(amount) || value < 0) {
    const kind = unit === "usd" ? "dollars, 0 to 9,000,000" : "a whole number of at least 0";
    throw invalid(path, unit, value, `must be ${kind}; leave it out for unlimited`);
  }
  return amount as number;
}

function readShare(path: string, share: unknown): number | undefined {
  if (share === undefined || (typeof share === "number" && share >= 0 && share <= 1)) return share;
  throw invalid(path, "warnAt", share, "must be a number from 0 to 1");
}

function isUnit(field: string): field is Unit {
  return Object.hasOwn(UNIT_NAMES, field);
}

function invalid(path: string, field: string, value: unknown, what: string): CoppiceError {
  const option = field === "" ? "budget" : `budget.${field}`;
  const message = `\`${option}\` of ${path} ${what}, and ${String(value)} was given`;
  return new CoppiceError("OPTIONS_INVALID", message, { option, path });
}
