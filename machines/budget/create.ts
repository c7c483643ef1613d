import {
  type Account,
  type AccountWindow,
  type ActionBound,
  type ActionCeilings,
  BUDGET_UNITS,
  type Ceilings,
  HELD,
  type WindowCeilings,
  whole,
} from "./accounts.ts";
import { DAY_MS, zonedWindowEnd } from "./zone.ts";

export interface NewAccount {
  readonly path: string;
  readonly ceilings?: Ceilings | undefined;
  /** The share of a ceiling at which a warning is given, 0 to 1. Default 0.8. */
  readonly warnAt?: number | undefined;
  readonly perAction?: ActionCeilings | undefined;
  readonly windows?: readonly WindowCeilings[] | undefined;
}

const unlimited: readonly number[] = BUDGET_UNITS.map(() => Infinity);

/** Creates an account and, between it and its parent, one for each of its windows. */
export function createAccount(
  asked: NewAccount,
  parent: Account | undefined,
  now: number,
): Account {
  const { path, perAction, windows = [], warnAt = 0.8 } = asked;
  if (!(warnAt >= 0 && warnAt <= 1)) throw new RangeError(`warnAt must be 0 to 1, not ${warnAt}`);
  let above = parent;
  for (const { everyMs, timeZone, ceilings } of windows.toReversed()) {
    if (whole(everyMs, `the window of ${path}`) === 0)
      throw new RangeError("a window has a length");
    if (timeZone !== undefined && everyMs % DAY_MS !== 0)
      throw new RangeError(`the window of ${path} has a time zone and is not of whole days`);
    const limit = limitsOf(ceilings, path);
    const warnFrom = limit.map((ceiling) => threshold(ceiling, warnAt));
    const endsAt = windowEnd({ everyMs, timeZone }, now);
    const window = { everyMs, timeZone, warnFrom, endsAt };
    above = newAccount(path, above, { limit, warnAt, window, action: parent?.action });
  }
  const action = tighterAction(parent?.action, perAction, path);
  return newAccount(path, above, { limit: limitsOf(asked.ceilings, path), warnAt, action });
}

/** Returns the time at which the window that contains `now` ends. */
export function windowEnd(
  { everyMs, timeZone }: Pick<WindowCeilings, "everyMs" | "timeZone">,
  now: number,
): number {
  if (timeZone !== undefined) return zonedWindowEnd(everyMs / DAY_MS, timeZone, now);
  return (Math.floor(now / everyMs) + 1) * everyMs;
}

/** Returns the account above, skipping the windows of this one. */
export function accountAbove({ parent }: Account): Account | undefined {
  let above = parent;
  while (above?.window !== undefined) above = above.parent;
  return above;
}

/** Returns the accounts of an account's own windows. */
export function windowsOf({ parent }: Account): Account[] {
  const windows: Account[] = [];
  for (let on = parent; on?.window !== undefined; on = on.parent) windows.push(on);
  return windows;
}

interface Made {
  readonly limit: readonly number[];
  readonly warnAt: number;
  readonly window?: AccountWindow;
  readonly action: ActionBound | undefined;
}

function newAccount(path: string, parent: Account | undefined, made: Made): Account {
  const { limit, warnAt, window, action } = made;
  return {
    path,
    parent,
    window,
    action,
    limit,
    warnFrom: limit.map((ceiling) => threshold(ceiling, warnAt)),
    spent: [0, 0, 0, 0, 0],
    own: [0, 0, 0, 0, 0],
    reserved: [0, 0],
    calls: [],
    queues: undefined,
    children: 0,
  };
}

function limitsOf(ceilings: Ceilings = {}, path: string): readonly number[] {
  const limit = BUDGET_UNITS.map((unit) => {
    const ceiling = ceilings[unit] ?? null;
    return ceiling === null ? Infinity : whole(ceiling, `the ceiling ${unit} of ${path}`);
  });
  // Most accounts have no ceiling of their own, and all of those share one row.
  return limit.every((ceiling) => ceiling === Infinity) ? unlimited : limit;
}

/** Returns the bounds on one call here: the tighter of its own and those from above. */
function tighterAction(
  above: ActionBound | undefined,
  own: ActionCeilings | undefined,
  path: string,
): ActionBound | undefined {
  if (own === undefined) return above;
  const asked = limitsOf(own, path).slice(0, HELD);
  return {
    limit: asked.map((ceiling, at) => Math.min(ceiling, above?.limit[at] ?? Infinity)),
    from: asked.map((ceiling, at) => {
      const bound = above?.limit[at] ?? Infinity;
      return ceiling < bound ? path : (above?.from[at] ?? path);
    }),
  };
}

/**
 * Returns the least whole amount that reaches the share, allowing for the error of binary fractions
 * such as 0.07 * 100.
 */
function threshold(ceiling: number, warnAt: number): number {
  if (ceiling === 0 || ceiling === Infinity) return Infinity;
  return Math.max(1, Math.ceil(ceiling * warnAt - 1e-6));
}
