import { type Account, leftOnPath } from "../../machines/budget/budget.ts";
import type { Usage } from "../wire/outcome.ts";
import type { Unit } from "../wire/spec.ts";
import { amountOf, UNIT_NAMES, UNITS } from "./budget-options.ts";

/** An agent's rights and account at the door. Restarts of the agent keep it. */
export interface Standing {
  readonly path: string;
  readonly parent: Standing | undefined;
  readonly account: Account;
  children: Set<Standing> | undefined;
  closed: boolean;
}

export function standingAt(parent: Standing | undefined, account: Account): Standing {
  return { path: account.path, parent, account, children: undefined, closed: false };
}

/** Returns the use of a standing and of all that were ever below it; also after it was closed. */
export function usageOf(standing: Standing): Usage {
  return asUsage(standing.account.spent);
}

/** Returns the use by a standing's own calls; a sum over standings counts nothing twice. */
export function ownUsageOf(standing: Standing): Usage {
  return asUsage(standing.account.own);
}

export interface BudgetLine {
  /** The standing's own ceiling; null is unlimited. */
  readonly limit: number | null;
  readonly reserved: number;
  readonly spent: number;
  /** The least that is left on the whole path; null when nothing bounds it. */
  readonly remaining: number | null;
}

/** Returns the budget of a standing with what is spent and reserved, in the contract's units. */
export function budgetOf({ account }: Standing): Record<Unit, BudgetLine> {
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

function asUsage([nanoUsd, tokens, toolCalls, modelCalls, outputTokens]: readonly number[]): Usage {
  return {
    usd: amountOf("usd", nanoUsd!),
    inputTokens: tokens! - outputTokens!,
    outputTokens: outputTokens!,
    toolCalls: toolCalls!,
    modelCalls: modelCalls!,
  };
}
