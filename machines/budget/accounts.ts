/** The units of a ceiling. Money and tokens are reserved until settlement; calls are counted. */
export const BUDGET_UNITS = ["nanoUsd", "tokens", "toolCalls", "modelCalls"] as const;
export type BudgetUnit = (typeof BUDGET_UNITS)[number];

/** Whole numbers, at least 0; a unit left out is 0. */
export type Amounts = { readonly [U in BudgetUnit]?: number };
/** Whole numbers, at least 0; a unit left out or null is unlimited, 0 allows nothing. */
export type Ceilings = { readonly [U in BudgetUnit]?: number | null };

/** The number of reserved units, which come first; the rest are counted when a call is granted. */
export const HELD = 2;
/** The index of output tokens in an account's figures; they are reported but never bounded. */
export const OUTPUT = BUDGET_UNITS.length;

/** The most that one call may reserve; a unit left out or null is unlimited. */
export interface ActionCeilings {
  readonly nanoUsd?: number | null;
  readonly tokens?: number | null;
}

/**
 * Ceilings for each span of `everyMs` milliseconds, counted from the epoch. A day is one of UTC, or
 * of `timeZone`, which needs a span of whole days.
 */
export interface WindowCeilings {
  readonly everyMs: number;
  readonly timeZone?: string | undefined;
  readonly ceilings: Ceilings;
}

/** The tightest bounds of a path on one call, per reserved unit, each with its account's path. */
export interface ActionBound {
  readonly limit: readonly number[];
  readonly from: readonly string[];
}

/**
 * Up to `most` further steps of `per` on top of a call's amounts: the output tokens, of which a
 * model call takes what is left. With room for less than `least` steps the call is refused.
 */
export interface Stretch {
  readonly per: Amounts;
  readonly least: number;
  readonly most: number;
}

/** An account. Its figures are in the order of {@link BUDGET_UNITS}, then output tokens. */
export interface Account {
  readonly path: string;
  /** The next account that every charge is added to: a window of this one, or the one above. */
  readonly parent: Account | undefined;
  /** Set for the account of a window, whose figures begin anew when the window ends. */
  readonly window: AccountWindow | undefined;
  readonly action: ActionBound | undefined;
  /** Ceilings; `Infinity` is unlimited. Replaced when one is raised. */
  limit: readonly number[];
  /** The amounts spent from which a warning is due; `Infinity` once it was given. */
  readonly warnFrom: number[];
  /** The amounts spent by the whole subtree, closed accounts included. */
  readonly spent: number[];
  /** The amounts spent by this account's own calls. */
  readonly own: number[];
  readonly reserved: number[];
  /** Own calls that wait or are granted, in no order. */
  readonly calls: BudgetCall[];
  /** Calls that wait here, per reserved unit, oldest first. Allocated when the first one waits. */
  queues: readonly BudgetCall[][] | undefined;
  children: number;
}

/** The end of a window, and the thresholds of its warnings after it. */
export interface AccountWindow {
  readonly everyMs: number;
  readonly timeZone: string | undefined;
  readonly warnFrom: number[];
  endsAt: number;
}

/** A queue that a call is in, with the account of the queue. */
interface Stand {
  readonly account: Account;
  readonly queue: BudgetCall[];
}

/** The queues of a call that does not wait, as most calls do not. */
export const NOWHERE: readonly Stand[] = [];

/** A call that waits, or that is granted and not yet settled. */
export interface BudgetCall {
  readonly key: string;
  readonly account: Account;
  readonly amounts: Amounts;
  readonly stretch: Stretch | undefined;
  /** The number that it came by. */
  readonly age: number;
  /** Amounts and stretch together, as last tried. */
  readonly asked: number[];
  steps: number;
  waiting: boolean;
  /** True when its turn has been recorded and it is to be tried again. */
  isDue: boolean;
  /** The queues that it is in; it leaves them all at once. */
  stands: readonly Stand[];
  /** Its index in its account's `calls`. */
  place: number;
}

/** A warning that the share of a ceiling was spent for the first time. */
export interface BudgetWarning {
  readonly account: string;
  readonly unit: BudgetUnit;
  readonly limit: number;
  readonly spent: number;
  /** The path of the account whose call crossed the threshold. */
  readonly by: string;
  /** The length of the window in milliseconds, for a ceiling of a window. */
  readonly everyMs?: number;
}

/** Returns `amount`. Throws a RangeError unless it is a safe integer of at least 0. */
export function whole(amount: number, what: string): number {
  if (Number.isSafeInteger(amount) && amount >= 0) return amount;
  throw new RangeError(`${what} must be a whole number of at least 0, not ${amount}`);
}

/** Adds an amount to what is spent on every account of the path. */
export function charge(
  account: Account,
  at: number,
  amount: number,
  warnings: BudgetWarning[],
): void {
  if (amount === 0) return;
  account.own[at]! += amount;
  for (let on: Account | undefined = account; on !== undefined; on = on.parent) {
    const spent = on.spent[at]! + amount;
    on.spent[at] = spent;
    // Output tokens have no threshold: a comparison with undefined is false.
    if (spent >= on.warnFrom[at]!) {
      on.warnFrom[at] = Infinity;
      const limit = on.limit[at]!;
      const window = on.window === undefined ? {} : { everyMs: on.window.everyMs };
      const about = { account: on.path, unit: BUDGET_UNITS[at]!, limit, spent, by: account.path };
      warnings.push({ ...about, ...window });
    }
  }
}

/** Adds an amount, which may be negative, to the reservations of every account of the path. */
export function hold(account: Account, at: number, amount: number): void {
  if (amount === 0) return;
  for (let on: Account | undefined = account; on !== undefined; on = on.parent) {
    on.reserved[at]! += amount;
  }
}

/**
 * Gives back a count that was charged for a call that never started. A window may have ended since,
 * so its count is not given back.
 */
export function refund(account: Account, at: number, amount: number): void {
  account.own[at]! -= amount;
  for (let on: Account | undefined = account; on !== undefined; on = on.parent) {
    if (on.window === undefined) on.spent[at]! -= amount;
  }
}

/** Returns the least that is left of a unit on the whole path; null when nothing bounds it. */
export function leftOnPath(account: Account, unit: BudgetUnit): number | null {
  const at = BUDGET_UNITS.indexOf(unit);
  let least = Infinity;
  for (let on: Account | undefined = account; on !== undefined; on = on.parent) {
    const left = on.limit[at]! - on.spent[at]! - (on.reserved[at] ?? 0);
    least = Math.min(least, Math.max(0, left));
  }
  return least === Infinity ? null : least;
}

/** Returns the path of the nearest account that bounds a unit, by any of its bounds. */
export function boundOnPath(account: Account, unit: BudgetUnit): string | undefined {
  const at = BUDGET_UNITS.indexOf(unit);
  const { action } = account;
  if ((action?.limit[at] ?? Infinity) !== Infinity) return action?.from[at];
  for (let on: Account | undefined = account; on !== undefined; on = on.parent) {
    if (on.limit[at] !== Infinity) return on.path;
  }
  return undefined;
}
