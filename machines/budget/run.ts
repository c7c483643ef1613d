import { runOf } from "../run-of.ts";
import type { BudgetCall } from "./accounts.ts";
import { windowsOf } from "./create.ts";
import { saveAccount } from "./snapshot.ts";
import type { BudgetState } from "./state.ts";

/**
 * Returns the accounts at and below a top-level one, and their calls, as plain data.
 *
 * **Guarantees** nothing of it depends on other runs, except the decisions on its own calls.
 */
export function saveBudgetOf({ accounts }: BudgetState, run: string): object {
  const own = [...accounts.values()].filter(({ path }) => runOf(path) === run);
  return {
    accounts: own.map((account) => ({
      ...saveAccount(account),
      reserved: [account, ...windowsOf(account)].map((on) => [...on.reserved]),
      children: account.children,
    })),
    calls: own.flatMap(({ calls }) => calls.map(saveCallOf)).sort(byKey),
  };
}

/** Leaves out the amounts of a waiting call, which depend on what other runs had left. */
function saveCallOf({ key, account, amounts, stretch, waiting, asked, steps }: BudgetCall) {
  const reserved = waiting ? {} : { asked: [...asked], steps };
  return { key, account: account.path, amounts, stretch: stretch ?? null, waiting, ...reserved };
}

function byKey(one: { readonly key: string }, other: { readonly key: string }): number {
  return one.key < other.key ? -1 : 1;
}
