import { type Account, type Amounts, HELD, hold, whole } from "./accounts.ts";
import { type BudgetGranted, type BudgetRefused, overAction, refusedAt } from "./queue.ts";
import type { BudgetState } from "./state.ts";

/**
 * Holds more for a call that is under way: all that it lacks, or nothing. It cannot wait, so what
 * others have reserved is in its way like what is spent.
 *
 * @returns undefined when no call of that key is held
 */
export function grow(
  state: BudgetState,
  key: string,
  needs: Amounts,
): BudgetGranted | BudgetRefused | undefined {
  const call = state.calls.get(key);
  if (call === undefined || call.waiting) return undefined;
  const { account, asked, steps } = call;
  const needed = [whole(needs.nanoUsd ?? 0, "nanoUsd"), whole(needs.tokens ?? 0, "tokens")];
  const more = needed.map((amount, at) => Math.max(0, amount - asked[at]!));
  const refused = account.action && overAction(needed, account.action);
  const no = refused ?? overPath(account, more);
  if (no !== undefined) return no;
  for (let at = 0; at < HELD; at++) {
    hold(account, at, more[at]!);
    asked[at]! += more[at]!;
  }
  return { status: "granted", steps };
}

/** What waiting cannot help is told before a window that will turn. */
function overPath(account: Account, more: readonly number[]): BudgetRefused | undefined {
  let later: BudgetRefused | undefined;
  for (let on: Account | undefined = account; on !== undefined; on = on.parent) {
    for (let at = 0; at < HELD; at++) {
      if (more[at] === 0) continue;
      if (on.spent[at]! + on.reserved[at]! + more[at]! <= on.limit[at]!) continue;
      const no = refusedAt(on, at, more[at]!);
      if (no.retryAt === undefined) return no;
      later ??= no;
    }
  }
  return later;
}
