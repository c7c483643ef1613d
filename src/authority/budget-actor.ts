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
  /** Receives the actor's inspection events. */
  readonly inspect?: ((event: InspectionEvent) => void) | undefined;
}

/** A waiting call whose turn has come, with the path of its account. */
export interface WokenCall {
  readonly callId: string;
  readonly path: string;
}

/** The warnings of thresholds that a decision's charges may have crossed. */
interface Crossing {
  readonly warnings?: readonly BudgetWarning[];
}

const NOTHING = {};

/** The budget actor that all runs share: each decision is an event, which is answered at once. */
export class BudgetActor {
  /** For reading: only events change it. */
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

  /** Returns the summary that the actor's observers see. */
  get summary(): BudgetSummary {
    return this.#actor.getSnapshot().context;
  }

  /** Decides a request that concerns one run alone. */
  decide(request: BudgetRequest): BudgetAnswer {
    return askDecider(this.#actor, request);
  }

  /** Decides a request that the root takes part in. */
  ask(request: Reserve): ReserveAnswer;
  ask(request: Grow): GrowAnswer;
  ask(request: Wake): WakeAnswer;
  ask(request: Reserve | Grow | Wake): WakeAnswer {
    const answer = this.#shared.decide(request.type, this.#judge, request);
    this.#warn(answer);
    return answer;
  }

  /** Returns the answer that a request would get now; reserves nothing. */
  peek(request: Peek): ReserveAnswer {
    return this.#shared.decide("peek", this.#look, request);
  }

  /** Charges a call. Returns undefined when no call of that key waits or is granted. */
  settle(key: string, used: Used | undefined): Used | undefined {
    const answer = this.decide({ type: "settle", key, used });
    this.#warn(this.#shared.decide("settle", this.#crossed, NOTHING));
    return answer.status === "settled" ? answer.used : undefined;
  }

  /** Sets the time of a run's and the root's windows; without a run, of all windows. */
  at(now: number, run: string | undefined): void {
    if (!isTold(this.state, now, run)) this.decide({ type: "time", now, run });
  }

  takeWoken(): readonly WokenCall[] {
    // This runs at every step, and mostly there is no such call.
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

  /**
   * Takes the warnings, which are recorded with the answer. A replay uses the recorded ones and
   * ignores these.
   */
  readonly #crossed = (): Crossing => {
    if (this.state.warnings.length === 0) return NOTHING;
    const taken = this.decide({ type: "take-warnings" });
    return taken.status === "warned" ? { warnings: taken.warnings } : NOTHING;
  };

  #warn({ warnings }: Crossing): void {
    if (warnings !== undefined) this.#warnings.push(...warnings);
  }
}
