/** What a ceiling can bound. Money and tokens are held until they are settled, calls counted. */
export const BUDGET_UNITS = ["nanoUsd", "tokens", "toolCalls", "modelCalls"] as const;
export type BudgetUnit = (typeof BUDGET_UNITS)[number];

/** Whole numbers, at least 0; a unit left out is 0. */
export type Amounts = { readonly [U in BudgetUnit]?: number };
/** A unit left out or null is unlimited; 0 is none. */
export type Ceilings = { readonly [U in BudgetUnit]?: number | null };

/** The first two units are held, the rest are counted when a call is granted. */
export const HELD = 2;
/** Where an account's figures carry output tokens, which are told but never bounded. */
export const OUTPUT = BUDGET_UNITS.length;

/** The most that one call may reserve; a unit left out or null is unlimited. */
export interface ActionCeilings {
  readonly nanoUsd?: number | null;
  readonly tokens?: number | null;
}

/**
 * So much in each span of `everyMs` milliseconds, counted from the epoch: a day is one of UTC, or
 * of `timeZone`, beside which only whole days can stand.
 */
export interface WindowCeilings {
  readonly everyMs: number;
  readonly timeZone?: string | undefined;
  readonly ceilings: Ceilings;
}

/** The tightest bounds of a path on one call, per held unit, and whose they are. */
export interface ActionBound {
  readonly limit: readonly number[];
  readonly from: readonly string[];
}

/**
 * Up to `most` further steps of `per` on top of a call's amounts: output tokens, of which a model
 * call takes what is left. With less room than `least` steps the call is refused.
 */
export interface Stretch {
  readonly per: Amounts;
  readonly least: number;
  readonly most: number;
}

/** One account. Figures stand in the order of {@link BUDGET_UNITS}, then output tokens. */
export interface Account {
  readonly path: string;
  /** The next one that every charge lands on too: a window of this one, or the account above. */
  readonly parent: Account | undefined;
  /** Set where this stands for a window: its figures begin anew when it turns. */
  readonly window: AccountWindow | undefined;
  readonly action: ActionBound | undefined;
  /** Ceilings; `Infinity` is unlimited. Replaced when one is raised. */
  limit: readonly number[];
  /** From how much spent a warning is due; `Infinity` once it was given. */
  readonly warnFrom: number[];
  /** Of the whole subtree, closed accounts included. */
  readonly spent: number[];
  /** Of this account's own calls. */
  readonly own: number[];
  readonly reserved: number[];
  /** Own calls that wait or are held, in no order. */
  readonly calls: BudgetCall[];
  /** Calls that wait here, per held unit, oldest first; made when the first one waits. */
  queues: readonly BudgetCall[][] | undefined;
  children: number;
}

/** When a window turns, and where its warnings then begin anew. */
export interface AccountWindow {
  readonly everyMs: number;
  readonly timeZone: string | undefined;
  readonly warnFrom: number[];
  endsAt: number;
}

/** A queue that a call stands in, and of which account. */
interface Stand {
  readonly account: Account;
  readonly queue: BudgetCall[];
}

/** Where most calls stand. */
export const NOWHERE: readonly Stand[] = [];

/** A call that waits or is held. */
export interface BudgetCall {
  readonly key: string;
  readonly account: Account;
  readonly amounts: Amounts;
  readonly stretch: Stretch | undefined;
  /** Who came first. */
  readonly age: number;
  /** Amounts and stretch together, as last tried. */
  readonly asked: number[];
  steps: number;
  waiting: boolean;
  /** Its turn was noted: it is to be tried again. */
  isDue: boolean;
  /** The queues that it stands in; it leaves them all at once. */
  stands: readonly Stand[];
  /** Index in its account's `calls`. */
  place: number;
}

/** A ceiling's share was spent for the first time. */
export interface BudgetWarning {
  readonly account: string;
  readonly unit: BudgetUnit;
  readonly limit: number;
  readonly spent: number;
  /** Whose call crossed it. */
  readonly by: string;
  /** Where the ceiling is one of a window: how long that is. */
  readonly everyMs?: number;
}

/** Throws a RangeError unless `amount` is a whole number, at least 0, that stays exact. */
export function whole(amount: number, what: string): number {
  if (Number.isSafeInteger(amount) && amount >= 0) return amount;
  throw new RangeError(`${what} must be a whole number of at least 0, not ${amount}`);
}

/** Adds to what was spent on every account of the path. */
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
    // Output tokens have no threshold: comparing with undefined is false.
    if (spent >= on.warnFrom[at]!) {
      on.warnFrom[at] = Infinity;
      const limit = on.limit[at]!;
      const window = on.window === undefined ? {} : { everyMs: on.window.everyMs };
      const about = { account: on.path, unit: BUDGET_UNITS[at]!, limit, spent, by: account.path };
      warnings.push({ ...about, ...window });
    }
  }
}

/** Adds to, or with a negative amount takes from, what is held on every account of the path. */
export function hold(account: Account, at: number, amount: number): void {
  if (amount === 0) return;
  for (let on: Account | undefined = account; on !== undefined; on = on.parent) {
    on.reserved[at]! += amount;
  }
}

/**
 * Gives back a count that was charged for a call that never started. A window may have turned
 * since, so there it stays taken.
 */
export function refund(account: Account, at: number, amount: number): void {
  account.own[at]! -= amount;
  for (let on: Account | undefined = account; on !== undefined; on = on.parent) {
    if (on.window === undefined) on.spent[at]! -= amount;
  }
}

/** The least that is left of a unit on the whole path; null when nothing bounds it. */
export function leftOnPath(account: Account, unit: BudgetUnit): number | null {
  const at = BUDGET_UNITS.indexOf(unit);
  let least = Infinity;
  for (let on: Account | undefined = account; on !== undefined; on = on.parent) {
    const left = on.limit[at]! - on.spent[at]! - (on.reserved[at] ?? 0);
    least = Math.min(least, Math.max(0, left));
  }
  return least === Infinity ? null : least;
}

/** The nearest account of the path that bounds a unit, by whichever of its bounds. */
export function boundOnPath(account: Account, unit: BudgetUnit): string | undefined {
  const at = BUDGET_UNITS.indexOf(unit);
  const { action } = account;
  if ((action?.limit[at] ?? Infinity) !== Infinity) return action?.from[at];
  for (let on: Account | undefined = account; on !== undefined; on = on.parent) {
    if (on.limit[at] !== Infinity) return on.path;
  }
  return undefined;
}
