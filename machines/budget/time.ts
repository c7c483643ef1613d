import { type Account, BUDGET_UNITS } from "./accounts.ts";
import { wakeUp } from "./calls.ts";
import { windowEnd } from "./create.ts";
import type { Time } from "./request.ts";
import type { BudgetState } from "./state.ts";
import { noteWindow, type RunWindows } from "./windows.ts";

const ROOT = "/";
const NONE: readonly RunWindows[] = [];

/** Returns true when setting a run's time to `now` would change nothing. */
export function isTold(state: BudgetState, now: number, run?: string): boolean {
  if (now !== state.now) return false;
  if (run === undefined || state.windowsOfRuns.size === 0) return true;
  return dueOf(state, now, run).length === 0;
}

/**
 * Sets the time. A window's spending is what is settled in it: a reservation that is open when it
 * ends belongs to the next one. A clock that is set back ends no window, so none comes twice.
 */
export function tellTime(state: BudgetState, { now, run }: Omit<Time, "type">): void {
  if (Number.isNaN(now)) return;
  const isBack = now < state.now;
  state.now = now;
  if (run !== undefined) return turnAll(state, dueOf(state, now, run));
  if (now < state.turnsAt && !isBack) return;
  const groups = [...state.windowsOfRuns.values()];
  turnAll(state, groups);
  state.turnsAt = groups.reduce((first, { turnsAt }) => Math.min(first, turnsAt), Infinity);
}

/** Returns the groups whose windows must be checked now, the root's first. */
function dueOf({ windowsOfRuns }: BudgetState, now: number, run: string): readonly RunWindows[] {
  if (windowsOfRuns.size === 0) return NONE;
  const root = windowsOfRuns.get(ROOT);
  const own = run === ROOT ? undefined : windowsOfRuns.get(run);
  const [isRootDue, isOwnDue] = [isDue(root, now), isDue(own, now)];
  if (!isRootDue && !isOwnDue) return NONE;
  return [isRootDue && root, isOwnDue && own].filter((group) => typeof group === "object");
}

function isDue(group: RunWindows | undefined, now: number): boolean {
  return group !== undefined && (now >= group.turnsAt || now < group.notBefore);
}

function turnAll(state: BudgetState, groups: readonly RunWindows[]): void {
  const turned: Account[] = [];
  for (const group of groups) {
    group.turnsAt = Infinity;
    group.notBefore = -Infinity;
    for (const on of group.windows) {
      if (turn(on, state.now)) turned.push(on);
      noteWindow(group, on);
    }
  }
  if (turned.length > 0) wakeUp(state, turned);
}

function turn(on: Account, now: number): boolean {
  const { window } = on;
  if (window === undefined) return false;
  if (window.endsAt > now) {
    // The clock had been wrong: the window would last until that time.
    if (window.endsAt - now > 2 * window.everyMs) window.endsAt = windowEnd(window, now);
    return false;
  }
  window.endsAt = windowEnd(window, now);
  on.spent.fill(0);
  BUDGET_UNITS.forEach((_, at) => {
    on.warnFrom[at] = window.warnFrom[at] ?? Infinity;
  });
  return true;
}
