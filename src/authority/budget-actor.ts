import { createActor, type InspectionEvent } from "xstate";
import {
  type BudgetAnswer,
  type BudgetRequest,
  type BudgetState,
  type BudgetSummary,
  type BudgetWarning,
  budgetLogic,
  type Grow,
  type GrowAnswer,
  isTold,
  type NewBudget,
  type Peek,
  peekBudget,
  type Reserve,
  type ReserveAnswer,
  type Used,
  type Wake,
  type WakeAnswer,
} from "../../machines/budget/budget.ts";
import { askDecider } from "../../machines/decider.ts";
import { type Shared, WHOLE } from "./shared.ts";

export interface BudgetActorOptions {
  readonly shared?: Shared | undefined;
  /** Watches it. */
  readonly inspect?: ((event: InspectionEvent) => void) | undefined;
}

/** A call that waits, and of which account: its turn has come. */
export interface WokenCall {
  readonly callId: string;
  readonly path: string;
}

/** What a decision has charged may have crossed thresholds. */
interface Crossing {
  readonly warnings?: readonly BudgetWarning[];
}

const NOTHING = {};

/** The shared budget actor: each decision is an event of it, answered at once. */
export class BudgetActor {
  /** To be looked at: only events change it. */
  readonly state: BudgetState;
  readonly #actor;
  readonly #shared: Shared;
  #warnings: BudgetWarning[] = [];

  constructor(input: NewBudget, { shared = WHOLE, inspect }: BudgetActorOptions = {}) {
    this.#shared = shared;
    const watch = inspect === undefined ? {} : { inspect };
    const told = { ...input, onTurn: "tell" } as const;
    this.#actor = createActor(budgetLogic, { id: "budget", input: told, ...watch }).start();
    this.state = this.#actor.getSnapshot().state;
  }

  /** What its observers see. */
  get summary(): BudgetSummary {
    return this.#actor.getSnapshot().context;
  }

  /** Decides what concerns one run alone. */
  decide(request: BudgetRequest): BudgetAnswer {
    return askDecider(this.#actor, request);
  }

  /** Decides what the root has a part in. */
  ask(request: Reserve): ReserveAnswer;
  ask(request: Grow): GrowAnswer;
  ask(request: Wake): WakeAnswer;
  ask(request: Reserve | Grow | Wake): WakeAnswer {
    const answer = this.#shared.decide(request.type, this.#judge, request);
    this.#warn(answer);
    return answer;
  }

  /** What the answer to a request would be now; takes nothing. */
  peek(request: Peek): ReserveAnswer {
    return this.#shared.decide("peek", this.#look, request);
  }

  /** Charges; undefined when nothing of that key waits or is held. */
  settle(key: string, used: Used | undefined): Used | undefined {
    const answer = this.decide({ type: "settle", key, used });
    this.#warn(this.#shared.decide("settle", this.#crossed, NOTHING));
    return answer.status === "settled" ? answer.used : undefined;
  }

  /** The time, for the windows of a run and of the root; left out, for all. */
  at(now: number, run: string | undefined): void {
    if (!isTold(this.state, now, run)) this.decide({ type: "time", now, run });
  }

  takeWoken(): readonly WokenCall[] {
    // Asked at every step, and hardly ever is there one.
    if (this.state.due.length === 0) return [];
    const taken = this.decide({ type: "take-due" });
    const calls = taken.status === "due" ? taken.calls : [];
    return calls.map(({ key, account }) => ({ callId: key, path: account }));
  }

  takeWarnings(): readonly BudgetWarning[] {
    if (this.#warnings.length === 0) return [];
    const taken = this.#warnings;
    this.#warnings = [];
    return taken;
  }

  readonly #judge = (request: Reserve | Grow | Wake): WakeAnswer & Crossing => {
    const answer = askDecider<BudgetRequest, BudgetAnswer>(this.#actor, request) as WakeAnswer;
    return this.state.warnings.length === 0 ? answer : { ...answer, ...this.#crossed() };
  };

  readonly #look = ({ given, ...request }: Peek & { given?: ReserveAnswer }): ReserveAnswer =>
    given ?? peekBudget(this.state, request);

  /** Where an answer is given, so is what was crossed: what is found here means nothing. */
  readonly #crossed = (): Crossing => {
    if (this.state.warnings.length === 0) return NOTHING;
    const taken = this.decide({ type: "take-warnings" });
    return taken.status === "warned" ? { warnings: taken.warnings } : NOTHING;
  };

  #warn({ warnings }: Crossing): void {
    if (warnings !== undefined) this.#warnings.push(...warnings);
  }
}
