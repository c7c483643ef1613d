import { type Account, type BudgetCall, HELD, hold, whole } from "./accounts.ts";
import { type BudgetRefused, graver, overAction, refusedAt } from "./queue.ts";
import type { Grow, GrowAnswer } from "./request.ts";
import type { BudgetState } from "./state.ts";

const UNKNOWN = { status: "unknown" } as const;

/**
 * Reserves more for a running call: all that it lacks, or nothing. It cannot wait, so the
 * reservations of other calls count like what is spent.
 */
export function grow(
  state: BudgetState,
  { key, amounts: needs, given }: Omit<Grow, "type">,
): GrowAnswer {
  const call = state.calls.get(key);
  if (call === undefined || call.waiting) return UNKNOWN;
  const { account, asked } = call;
  const needed = [whole(needs.nanoUsd ?? 0, "nanoUsd"), whole(needs.tokens ?? 0, "tokens")];
  const more = needed.map((amount, at) => Math.max(0, amount - asked[at]!));
  const answer = given ?? judge(call, needed, more);
  if (answer.status !== "granted") return answer;
  for (let at = 0; at < HELD; at++) {
    hold(account, at, more[at]!);
    asked[at]! += more[at]!;
  }
  return answer;
}

function judge(
  { account, steps }: BudgetCall,
  needed: readonly number[],
  more: readonly number[],
): GrowAnswer {
  const refused = account.action && overAction(needed, account.action);
  return refused ?? overPath(account, more) ?? { status: "granted", steps };
}

/**
 * Returns the refusal, if any. One that waiting cannot help comes before one by a window, and of
 * windows the last to turn.
 */
function overPath(account: Account, more: readonly number[]): BudgetRefused | undefined {
  let later: BudgetRefused | undefined;
  for (let on: Account | undefined = account; on !== undefined; on = on.parent) {
    for (let at = 0; at < HELD; at++) {
      if (more[at] === 0) continue;
      if (on.spent[at]! + on.reserved[at]! + more[at]! <= on.limit[at]!) continue;
      const no = refusedAt(on, at, more[at]!);
      if (no.retryAt === undefined) return no;
      later = graver(later, no);
    }
  }
  return later;
}
