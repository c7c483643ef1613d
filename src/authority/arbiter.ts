import { createActor, type InspectionEvent } from "xstate";
import {
  accountOf,
  type BudgetState,
  type BudgetSummary,
  boundOnPath,
  budgetLogic,
  decideBudget,
  takeWarnings,
  takeWoken,
} from "../../machines/budget.ts";
import {
  type CapabilityLayer,
  type CapabilityState,
  type CapabilitySummary,
  capabilityLogic,
  decideCapability,
} from "../../machines/capability.ts";
import type { Usage } from "../wire/outcome.ts";
import type { Budget, Grant, ModelSpec, Unit } from "../wire/spec.ts";
import type { TokenUsage } from "../wire/transcript.ts";
import { amountOf, readBudgets, unitName } from "./budget-options.ts";
import { readGrants } from "./grant-options.ts";
import { supervisorGrants } from "./implied-grants.ts";
import { demandOf, isTokens, isUsage, type ModelAsk, usedBy } from "./model-demand.ts";
import { priceOf } from "./prices.ts";
import { type BudgetLine, budgetOf, ownUsageOf, type Seat, seatAt, usageOf } from "./seat.ts";
import { messageSubject, modelSubject, spawnSubject, toolSubject } from "./subjects.ts";
import {
  denied,
  exceeded,
  GRANTED,
  miscounted,
  type Refused,
  refused,
  stopped,
  unpriced,
  type Verdict,
} from "./verdict.ts";

export type { ModelAsk } from "./model-demand.ts";
export type { BudgetLine, Seat } from "./seat.ts";
export type { Verdict } from "./verdict.ts";

export interface ArbiterOptions {
  /** Rights of the whole tree. Default `tool:*`, `model:*`, `spawn:*` and `message:*`. */
  readonly grants?: readonly Grant[] | undefined;
  /** Ceilings of the whole tree. */
  readonly budget?: Budget | undefined;
  /** Watches the two shared actors. */
  readonly inspect?: (event: InspectionEvent) => void;
}

export interface SeatOptions {
  readonly path: string;
  /** Default: the root. */
  readonly parent?: Seat | undefined;
  /** Each must allow. */
  readonly layers: readonly (readonly Grant[])[];
  /** All apply: the tighter wins, unit by unit. */
  readonly budgets: readonly Budget[];
  /** The agent's model, so that one that no `usd` budget can bound is refused at once. */
  readonly model?: ModelSpec | undefined;
}

/** Who is written to, seen from the sender. */
export type Relation = "parent" | "sibling" | "child" | "self" | "other";

export interface ArbiterWarning {
  readonly path: string;
  readonly unit: Unit;
  readonly limit: number;
  readonly spent: number;
}

interface ModelCall {
  readonly seat: Seat;
  readonly ask: ModelAsk;
}

const ROOT = "/";
const ONE_TOOL_CALL = { nanoUsd: 0, tokens: 0, toolCalls: 1, modelCalls: 0 };
const NOTHING_MORE = { nanoUsd: 0, tokens: 0, outputTokens: 0 };

/**
 * The one door: every tool call, model call, spawn and message is asked here before it happens,
 * first for the right and then for the budget, at each node from the agent up to the root.
 *
 * **Guarantees** answers at once and the same way for the same history; never throws for a call;
 * a call without the right reserves nothing; a call is charged once by its `callId`.
 * **Fails with** `OPTIONS_INVALID` from the constructor and `open`, for grants or budgets that
 * cannot be read.
 */
export class Arbiter {
  /** The supervisor's own seat; nothing is ever asked above it. */
  readonly root: Seat;
  /** The shared actors; the door asks their state synchronously, observers watch them. */
  readonly #budgetActor;
  readonly #capabilityActor;
  readonly #budget: BudgetState;
  readonly #capability: CapabilityState;
  /** Model calls that wait or are held, for what they cost and what was asked. */
  readonly #modelCalls = new Map<string, ModelCall>();
  readonly #layers = new WeakMap<readonly Grant[], CapabilityLayer>();

  constructor({ grants, budget, inspect }: ArbiterOptions = {}) {
    const layers = [readGrants(supervisorGrants(grants), ROOT)];
    const account = { path: ROOT, ...readBudgets(budget === undefined ? [] : [budget], ROOT) };
    const watch = inspect === undefined ? {} : { inspect };
    this.#budgetActor = createActor(budgetLogic, { id: "budget", input: account, ...watch });
    const input = { node: ROOT, layers };
    this.#capabilityActor = createActor(capabilityLogic, { id: "capability", input, ...watch });
    this.#budget = this.#budgetActor.start().getSnapshot().state;
    this.#capability = this.#capabilityActor.start().getSnapshot().state;
    this.root = seatAt(undefined, this.#budget.root);
  }

  /** Opens the seat of an agent that is about to begin. */
  open({ path, parent = this.root, layers, budgets, model }: SeatOptions): Seat {
    const read = layers.map((layer) => this.#read(layer, path));
    const account = readBudgets(budgets, path);
    if (model !== undefined && priceOf(model) === undefined) {
      const own = account.ceilings.nanoUsd === undefined ? undefined : path;
      const bounded = own ?? boundOnPath(parent.account, "nanoUsd");
      if (bounded !== undefined) throw unpriced(path, modelSubject(model), bounded);
    }
    const above = parent.path;
    decideBudget(this.#budget, { type: "open", path, parent: above, ...account });
    decideCapability(this.#capability, { type: "open", node: path, parent: above, layers: read });
    const seat = seatAt(parent, accountOf(this.#budget, path));
    parent.children ??= new Set();
    parent.children.add(seat);
    return seat;
  }

  /** Ends a seat and all below it: what they reserved comes back, what they spent stays spent. */
  close(seat: Seat): void {
    if (seat.closed || seat.parent === undefined) return;
    for (const child of seat.children ?? []) this.close(child);
    for (const { key } of seat.account.calls) this.#modelCalls.delete(key);
    decideBudget(this.#budget, { type: "close", account: seat.path });
    decideCapability(this.#capability, { type: "close", node: seat.path });
    seat.parent.children?.delete(seat);
    seat.closed = true;
  }

  tool(seat: Seat, { callId, tool }: { callId: string; tool: string }): Verdict {
    const no = this.#deniedTo(seat, toolSubject(tool));
    if (no !== undefined) return no;
    const account = seat.path;
    const request = { type: "reserve", key: callId, account, amounts: ONE_TOOL_CALL } as const;
    const answer = decideBudget(this.#budget, request);
    return answer.status === "refused" ? exceeded(seat.path, answer) : GRANTED;
  }

  /** Reserves for a model call, its output lowered to what is left, not under 1,024 tokens. */
  model(seat: Seat, ask: ModelAsk): Verdict {
    const { callId, model, inputTokens, maxTokens, exact } = ask;
    const no = this.#deniedTo(seat, modelSubject(model));
    if (no !== undefined) return no;
    if (!isTokens(inputTokens) || !isTokens(maxTokens) || (exact && !isUsage(exact))) {
      return refused(miscounted(seat.path, ask));
    }
    const price = priceOf(model);
    const bounded = price === undefined ? boundOnPath(seat.account, "nanoUsd") : undefined;
    if (bounded !== undefined) return refused(unpriced(seat.path, modelSubject(model), bounded));
    const demand = demandOf(ask, price);
    const account = seat.path;
    const answer = decideBudget(this.#budget, { type: "reserve", key: callId, account, ...demand });
    if (answer.status === "refused") return exceeded(seat.path, answer);
    const call = this.#modelCalls.get(callId) ?? { seat, ask };
    this.#modelCalls.set(callId, call);
    return answer.status === "waiting" ? answer : grantedTo(call, answer.steps);
  }

  spawn(seat: Seat, { template }: { template: string }): Verdict {
    return this.#deniedTo(seat, spawnSubject(template)) ?? GRANTED;
  }

  /** Relatives may be written to unless a node denies it; anybody else needs a grant on each. */
  message(seat: Seat, { to, relation }: { to: string; relation: Relation }): Verdict {
    return this.#deniedTo(seat, messageSubject(to), relation !== "other") ?? GRANTED;
  }

  /**
   * Charges what a call really used and gives the rest back. Without `usage` a model call costs
   * what was reserved for it, and a tool call nothing more than its count. Unknown calls are
   * ignored, since their seat was closed.
   *
   * **Gotcha** figures that are not whole numbers are not believed: the reservation is charged.
   */
  settle(callId: string, usage?: TokenUsage): void {
    const call = this.#modelCalls.get(callId);
    this.#modelCalls.delete(callId);
    const told = usage !== undefined && isUsage(usage) ? usage : call?.ask.exact;
    const used = call === undefined ? NOTHING_MORE : told && usedBy(call.ask.model, told);
    decideBudget(this.#budget, { type: "settle", key: callId, used });
  }

  /**
   * Withdraws a call that waits, or gives back all that is held for it.
   *
   * @param options `started: false` for a call that never began: its count comes back as well.
   */
  release(callId: string, { started = true }: { started?: boolean } = {}): void {
    this.#modelCalls.delete(callId);
    decideBudget(this.#budget, { type: "release", key: callId, started });
  }

  /** The calls that waited and no longer do, in their order; each is told once. */
  takeWoken(): { callId: string; verdict: Verdict }[] {
    return takeWoken(this.#budget).flatMap(({ key, answer }) => {
      const call = this.#modelCalls.get(key);
      if (call === undefined) return [];
      if (answer.status === "granted") {
        return [{ callId: key, verdict: grantedTo(call, answer.steps) }];
      }
      this.#modelCalls.delete(key);
      return [{ callId: key, verdict: exceeded(call.seat.path, answer) }];
    });
  }

  /** The budgets that have come near their end since the last look, in the contract's units. */
  takeWarnings(): ArbiterWarning[] {
    return takeWarnings(this.#budget).map((warning) => {
      const unit = unitName(warning.unit);
      const [limit, spent] = [amountOf(unit, warning.limit), amountOf(unit, warning.spent)];
      return { path: warning.account, unit, limit, spent };
    });
  }

  /** What a seat and all that was ever below it have used; also after it was closed. */
  usage(seat: Seat): Usage {
    return usageOf(seat);
  }

  /** What a seat's own calls have used; summed over seats, nothing is counted twice. */
  ownUsage(seat: Seat): Usage {
    return ownUsageOf(seat);
  }

  /** Where a seat's budget stands, in the contract's units. */
  budget(seat: Seat): Record<Unit, BudgetLine> {
    return budgetOf(seat);
  }

  /** Takes a summary of both actors, which their observers see as well. */
  summary(): { readonly budget: BudgetSummary; readonly capability: CapabilitySummary } {
    this.#budgetActor.send({ type: "look" });
    this.#capabilityActor.send({ type: "look" });
    return {
      budget: this.#budgetActor.getSnapshot().context,
      capability: this.#capabilityActor.getSnapshot().context,
    };
  }

  /** Stops the two actors; nothing may be asked afterwards. */
  stop(): void {
    this.#budgetActor.stop();
    this.#capabilityActor.stop();
  }

  #deniedTo(seat: Seat, subject: string, byDefault?: boolean): Refused | undefined {
    if (seat.closed) return stopped(seat.path);
    const request = { type: "ask", node: seat.path, subject, byDefault } as const;
    const answer = decideCapability(this.#capability, request);
    return answer.status === "denied" ? denied(seat.path, answer) : undefined;
  }

  #read(layer: readonly Grant[], path: string): CapabilityLayer {
    let read = this.#layers.get(layer);
    if (read !== undefined) return read;
    read = readGrants(layer, path);
    // Only a list that cannot change may be remembered.
    if (Object.isFrozen(layer)) this.#layers.set(layer, read);
    return read;
  }
}

function grantedTo({ ask }: ModelCall, steps: number): Verdict {
  return { status: "granted", maxTokens: ask.exact === undefined ? steps : ask.maxTokens };
}
