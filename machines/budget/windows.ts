import { runOf } from "../run-of.ts";
import type { Account } from "./accounts.ts";
import { windowsOf } from "./create.ts";

/** Windows that are checked together: the root's, or those at or below a top-level account. */
export interface RunWindows {
  readonly windows: Set<Account>;
  /** The time at which the first of them ends. */
  turnsAt: number;
  /** A time before this shows that the clock was wrong when one of them began. */
  notBefore: number;
}

/** The accounts of windows. */
export interface Windows {
  readonly windows: Set<Account>;
  /** The time at which the first of them ends. */
  turnsAt: number;
  /** The windows by the top-level account that they are at or below; "/" for those of the root. */
  readonly windowsOfRuns: Map<string, RunWindows>;
}

/** Registers the windows of an account. */
export function watchWindows(state: Windows, account: Account): void {
  for (const on of windowsOf(account)) {
    state.windows.add(on);
    state.turnsAt = Math.min(state.turnsAt, on.window?.endsAt ?? Infinity);
    const run = runOf(on.path);
    const known = state.windowsOfRuns.get(run);
    const group = known ?? { windows: new Set(), turnsAt: Infinity, notBefore: -Infinity };
    if (known === undefined) state.windowsOfRuns.set(run, group);
    group.windows.add(on);
    noteWindow(group, on);
  }
}

/** Removes the windows of an account that is closed. */
export function forgetWindows(state: Windows, account: Account): void {
  for (const on of windowsOf(account)) {
    state.windows.delete(on);
    const run = runOf(on.path);
    const group = state.windowsOfRuns.get(run);
    group?.windows.delete(on);
    if (group?.windows.size === 0) state.windowsOfRuns.delete(run);
  }
}

/** Records the end of a window in its group. */
export function noteWindow(group: RunWindows, { window }: Account): void {
  if (window === undefined) return;
  group.turnsAt = Math.min(group.turnsAt, window.endsAt);
  group.notBefore = Math.max(group.notBefore, window.endsAt - 2 * window.everyMs);
}
