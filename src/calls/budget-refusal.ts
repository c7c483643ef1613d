import type { CoppiceError } from "../errors.ts";
import type { BodyOf, BudgetRefusal } from "../wire/event.ts";
import type { Unit } from "../wire/spec.ts";

/** The reason why a call under way must end. */
export interface Exceeded {
  readonly error: CoppiceError;
  readonly unit: Unit;
}

/** Returns the fields of `budget.refused` for a call: the details of its error. */
export function budgetRefusal(
  about: { readonly callId: string; readonly tool?: string },
  { error, unit }: Exceeded,
): BodyOf<"budget.refused"> {
  const { path: _agent, ...account } = error.details;
  return { ...about, ...(account as unknown as BudgetRefusal), unit };
}
