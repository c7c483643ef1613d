import { type BudgetUnit, DAY_MS, isTimeZone } from "../../machines/budget/budget.ts";
import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import type { Budget, Unit } from "../wire/spec.ts";

const NANO = 1e9;

/** The units of the contract, in its order, each with the accounts' name for it. */
export const UNIT_NAMES = {
  usd: "nanoUsd",
  tokens: "tokens",
  toolCalls: "toolCalls",
  modelCalls: "modelCalls",
} as const satisfies Record<Unit, BudgetUnit>;

export const UNITS = Object.keys(UNIT_NAMES) as readonly Unit[];

/** Returns the contract's name of a unit of the accounts. */
export const unitName = (unit: BudgetUnit): Unit => (unit === "nanoUsd" ? "usd" : unit);

/** Returns an amount of the accounts in the contract's unit: dollars for money, else unchanged. */
export const amountOf = (unit: Unit, amount: number): number =>
  unit === "usd" ? amount / NANO : amount;

type Ceilings = { readonly [U in BudgetUnit]?: number };

interface WindowOptions {
  readonly everyMs: number;
  readonly timeZone?: string;
  readonly ceilings: Ceilings;
}

/** Bounds in the accounts' units; a unit left out is unlimited, 0 allows nothing. */
export interface BudgetOptions {
  readonly ceilings: Ceilings;
  readonly warnAt: number | undefined;
  /** True when a person is asked for more before a call is refused; one "stop" prevails. */
  readonly asks: boolean;
  readonly perAction?: Ceilings;
  readonly windows?: readonly WindowOptions[];
}

/** The most windows of one budget: each adds a step to every walk up the accounts. */
const MAX_WINDOWS = 8;

/** The longest window: a leap year. */
const MAX_WINDOW_MS = 366 * DAY_MS;

/**
 * Reads budgets that all apply to one account: per unit the tighter one wins, and every window of
 * each applies.
 *
 * **Fails with** `OPTIONS_INVALID` for an amount that is negative, not finite or (except for `usd`)
 * not whole, and for a field that is unknown.
 */
export function readBudgets(budgets: readonly Budget[], path: string): BudgetOptions {
  const read = budgets.map((budget) => readBudget(budget, path));
  const actions = read.flatMap(({ perAction }) => perAction ?? []);
  const windows = read.flatMap((budget) => budget.windows ?? []);
  const shares = read.flatMap(({ warnAt }) => warnAt ?? []);
  return {
    ceilings: tightest(read.map(({ ceilings }) => ceilings)),
    warnAt: shares.length === 0 ? undefined : Math.min(...shares),
    asks: read.some(({ asks }) => asks) && !budgets.some(({ onExceeded }) => onExceeded === "stop"),
    ...(actions.length > 0 && { perAction: tightest(actions) }),
    ...(windows.length > 0 && { windows }),
  };
}

function tightest(all: readonly Ceilings[]): Ceilings {
  const least: { [U in BudgetUnit]?: number } = {};
  for (const ceilings of all) {
    for (const [unit, ceiling] of Object.entries(ceilings) as [BudgetUnit, number][]) {
      least[unit] = Math.min(ceiling, least[unit] ?? ceiling);
    }
  }
  return least;
}

function readBudget(budget: Budget, path: string): BudgetOptions {
  const { warnAt, onExceeded, perAction, windows, ...units } = fieldsOf(path, "", budget);
  if (onExceeded !== undefined && onExceeded !== "stop" && onExceeded !== "ask") {
    throw invalid(path, "onExceeded", onExceeded, 'must be "stop" or "ask"');
  }
  return {
    asks: onExceeded === "ask",
    ceilings: readUnits(path, "", units, UNITS),
    warnAt: readShare(path, warnAt),
    ...(perAction !== undefined && { perAction: readAction(path, perAction) }),
    ...(windows !== undefined && { windows: readWindows(path, windows) }),
  };
}

/** Reads the bounds on one call. Counts are not reserved, so these bound only money and tokens. */
function readAction(path: string, action: unknown): Ceilings {
  const fields = fieldsOf(path, "perAction", action);
  return readUnits(path, "perAction.", fields, ["usd", "tokens"]);
}

function readWindows(path: string, windows: unknown): readonly WindowOptions[] {
  if (!Array.isArray(windows) || windows.length > MAX_WINDOWS) {
    throw invalid(path, "windows", windows, `must be a list of at most ${MAX_WINDOWS}`);
  }
  return windows.map((window: unknown, n) => {
    const at = `windows.${n}`;
    const { everyMs, timeZone, ...units } = fieldsOf(path, at, window);
    const isLength = Number.isInteger(everyMs) && Number(everyMs) >= 1;
    if (!isLength || Number(everyMs) > MAX_WINDOW_MS) {
      throw invalid(path, `${at}.everyMs`, everyMs, "must be whole milliseconds, 1 to 366 days");
    }
    const ceilings = readUnits(path, `${at}.`, units, UNITS);
    if (Object.keys(ceilings).length === 0) throw invalid(path, at, "nothing", "bounds no unit");
    const zone = readZone(path, at, timeZone, Number(everyMs));
    return { everyMs: Number(everyMs), ...zone, ceilings };
  });
}

/** Reads a time zone, which only windows of whole days depend on: it says where a day begins. */
function readZone(
  path: string,
  at: string,
  timeZone: unknown,
  everyMs: number,
): { timeZone?: string } {
  if (timeZone === undefined) return {};
  if (!isTimeZone(timeZone)) {
    throw invalid(path, `${at}.timeZone`, timeZone, 'must be an IANA zone, as "Europe/Berlin"');
  }
  if (everyMs % DAY_MS === 0) return { timeZone };
  throw invalid(path, `${at}.everyMs`, everyMs, "must be whole days beside a `timeZone`");
}

type Fields = { readonly [field: string]: unknown };

function fieldsOf(path: string, field: string, value: unknown): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid(path, field, value, "must be an object of units");
}

function readUnits(path: string, at: string, fields: Fields, known: readonly Unit[]): Ceilings {
  const ceilings: { [U in BudgetUnit]?: number } = {};
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const unit = known.find((one) => one === field);
    if (unit === undefined) {
      throw invalid(path, `${at}${field}`, value, `is not one of ${known.join(", ")}`);
    }
    ceilings[UNIT_NAMES[unit]] = readCeiling(path, `${at}${field}`, unit, value);
  }
  return ceilings;
}

function readCeiling(path: string, field: string, unit: Unit, value: unknown): number {
  const amount = unit === "usd" ? Math.round(Number(value) * NANO) : value;
  if (typeof value !== "number" || !Number.isSafeInteger(amount) || value < 0) {
    const kind = unit === "usd" ? "dollars, 0 to 9,000,000" : "a whole number of at least 0";
    throw invalid(path, field, value, `must be ${kind}; leave it out for unlimited`);
  }
  return amount as number;
}

function readShare(path: string, share: unknown): number | undefined {
  if (share === undefined || (typeof share === "number" && share >= 0 && share <= 1)) return share;
  throw invalid(path, "warnAt", share, "must be a number from 0 to 1");
}

function invalid(path: string, field: string, value: unknown, what: string): CoppiceError {
  const option = field === "" ? "budget" : `budget.${field}`;
  const message = `\`${option}\` of ${path} ${what}, and ${describe(value)} was given`;
  return new CoppiceError("OPTIONS_INVALID", message, { option, path });
}

/**
 * Reads the amount that a ceiling is raised by, in the accounts' units.
 *
 * **Fails with** `OPTIONS_INVALID` unless it is above 0 and, except for `usd`, whole.
 */
export function readRaise(unit: Unit, more: unknown): number {
  const amount = unit === "usd" ? Math.round(Number(more) * NANO) : more;
  if (typeof more === "number" && more > 0 && Number.isSafeInteger(amount)) return Number(amount);
  const kind = unit === "usd" ? "dollars above 0, to 9,000,000" : "a whole number of at least 1";
  const message = `more ${unit} must be ${kind}, and ${describe(more)} was given`;
  throw new CoppiceError("OPTIONS_INVALID", message, { unit });
}
