import { createActor, type InspectionEvent } from "xstate";
import {
  type BudgetAnswer,
  type BudgetRequest,
  type BudgetState,
  type BudgetSummary,
  type BudgetWarning,
  budgetLogic,
  type NewBudget,
  type Reserve,
  type ReserveAnswer,
  type Woken,
} from "../../machines/budget/budget.ts";
import { askDecider } from "../../machines/decider.ts";

/** The shared budget actor: each decision is an event of it, answered at once. */
export class BudgetActor {
  /** To be looked at: only events change it. */
  readonly state: BudgetState;
  readonly #actor;

  /** @param inspect watches it */
  constructor(input: NewBudget, inspect?: (event: InspectionEvent) => void) {
    const watch = inspect === undefined ? {} : { inspect };
    this.#actor = createActor(budgetLogic, { id: "budget", input, ...watch }).start();
    this.state = this.#actor.getSnapshot().state;
  }

  /** What its observers see. */
  get summary(): BudgetSummary {
    return this.#actor.getSnapshot().context;
  }

  decide(request: Reserve): ReserveAnswer;
  decide(request: BudgetRequest): BudgetAnswer;
  decide(request: BudgetRequest): BudgetAnswer {
    return askDecider(this.#actor, request);
  }

  takeWoken(): readonly Woken[] {
    // Asked at every step, and hardly ever is there one.
    if (this.state.woken.length === 0) return [];
    const taken = this.decide({ type: "take-woken" });
    return taken.status === "woken" ? taken.calls : [];
  }

  takeWarnings(): readonly BudgetWarning[] {
    if (this.state.warnings.length === 0) return [];
    const taken = this.decide({ type: "take-warnings" });
    return taken.status === "warned" ? taken.warnings : [];
  }
}
