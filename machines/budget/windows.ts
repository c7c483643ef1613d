import { runOf } from "../run-of.ts";
import type { Account } from "./accounts.ts";
import { windowsOf } from "./create.ts";

/** Windows that turn together: those of the root, or those at or below a top-level account. */
export interface RunWindows {
  readonly windows: Set<Account>;
  /** When the first of them turns. */
  turnsAt: number;
  /** Before this the clock had been wrong when one of them began. */
  notBefore: number;
}

/** Which accounts stand for windows. */
export interface Windows {
  readonly windows: Set<Account>;
  /** When the first of them turns. */
  turnsAt: number;
  /** The same by the top-level account that they are at or below; those of the root: "/". */
  readonly windowsOfRuns: Map<string, RunWindows>;
}

/** Has the windows of an account turn when their time comes. */
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

/** An account is closed, and its windows with it. */
export function forgetWindows(state: Windows, account: Account): void {
  for (const on of windowsOf(account)) {
    state.windows.delete(on);
    const run = runOf(on.path);
    const group = state.windowsOfRuns.get(run);
    group?.windows.delete(on);
    if (group?.windows.size === 0) state.windowsOfRuns.delete(run);
  }
}

/** When a window of these turns. */
export function noteWindow(group: RunWindows, { window }: Account): void {
  if (window === undefined) return;
  group.turnsAt = Math.min(group.turnsAt, window.endsAt);
  group.notBefore = Math.max(group.notBefore, window.endsAt - 2 * window.everyMs);
}
