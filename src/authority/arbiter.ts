import type { BudgetSummary } from "../../machines/budget/budget.ts";
import type { CapabilitySummary } from "../../machines/capability/capability.ts";
import { runOf } from "../../machines/run-of.ts";
import type { ApprovalScope } from "../wire/approval.ts";
import type { Usage } from "../wire/outcome.ts";
import type { Grant, Unit } from "../wire/spec.ts";
import type { TokenUsage } from "../wire/transcript.ts";
import type { WokenCall } from "./budget-actor.ts";
import {
  type AccountOptions,
  type Charge,
  Ledger,
  type LedgerOptions,
  type LedgerWarning,
} from "./ledger.ts";
import type { ModelAsk } from "./model-demand.ts";
import type { PriceList } from "./prices.ts";
import type { MessageAsk, Request, SettleOptions, SpawnAsk, ToolAsk } from "./request.ts";
import { Rights, type RightsOptions } from "./rights.ts";
import { type BudgetLine, budgetOf, ownUsageOf, type Seat, seatAt, usageOf } from "./seat.ts";
import type { Refused, SaidYes, Verdict } from "./verdict.ts";
import { Wishes } from "./wishes.ts";

export type { LedgerWarning } from "./ledger.ts";
export type { ModelAsk } from "./model-demand.ts";
export type { MessageAsk, Relation, Request, SpawnAsk, ToolAsk } from "./request.ts";
export type { BudgetLine, Seat } from "./seat.ts";
export type { Asking, Verdict } from "./verdict.ts";

export interface ArbiterOptions extends LedgerOptions, RightsOptions {}

export interface SeatOptions extends AccountOptions {
  /** Default: the root. */
  readonly parent?: Seat | undefined;
  /** Each must allow. */
  readonly layers: readonly (readonly Grant[])[];
}

interface Waiting {
  readonly seat: Seat;
  readonly ask: ModelAsk & Request;
}

/**
 * The one door: every tool call, model call, spawn and message is asked here before it happens,
 * first for the right and then for the budget, at each node from the agent up to the root.
 *
 * **Guarantees** answers at once and the same way for the same history; never throws for a call;
 * a call without the right, or that a person must allow first, reserves nothing; a call is charged
 * and its uses are counted once by its `callId`, and only when all of it is granted.
 * **Fails with** `OPTIONS_INVALID` from the constructor and `open`, for grants or budgets that
 * cannot be read.
 */
export class Arbiter {
  /** The supervisor's own seat; nothing is ever asked above it. */
  readonly root: Seat;
  /** What models cost. */
  readonly prices: PriceList;
  /** Accounts, prices, and what model calls have reserved. */
  readonly #ledger: Ledger;
  readonly #rights: Rights;
  readonly #wishes: Wishes;
  /** Model calls whose reservation waits: their rights are asked again when it comes. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: ArbiterOptions = {}) {
    this.#ledger = new Ledger(options);
    this.#rights = new Rights(options);
    this.#wishes = new Wishes(this.#rights);
    this.root = seatAt(undefined, this.#ledger.root);
    this.prices = this.#ledger.prices;
  }

  /**
   * Sets the time of what follows: the date, and what has passed, which never goes back.
   *
   * @param run whose step it is: only its windows turn, and the root's; left out, those of all
   */
  at(wall: number, now = wall, run?: string): void {
    this.#ledger.at(wall, run);
    this.#rights.at(wall, now);
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    const waiting = [...this.#waiting].map(([callId, { ask }]) => [callId, ask]);
    return { ledger: this.#ledger, rights: this.#rights, waiting };
  }

  /**
   * What stands in it of one run, the path of a top-level seat, as plain data.
   *
   * **Guarantees** it is the same where that run alone is taken again from its own steps.
   */
  savedOf(run: string): object {
    const own = [...this.#waiting.values()].filter(({ seat }) => runOf(seat.path) === run);
    const waiting = own.map(({ seat, ask }) => [seat.path, ask]);
    return { ledger: this.#ledger.savedOf(run), rights: this.#rights.savedOf(run), waiting };
  }

  /** Opens the seat of an agent that is about to begin. */
  open({ parent = this.root, layers, ...asked }: SeatOptions): Seat {
    const { path } = asked;
    const read = this.#rights.read(layers, path);
    const account = this.#ledger.open(asked, parent.account);
    this.#rights.open(path, parent.path, read);
    const seat = seatAt(parent, account);
    parent.children ??= new Set();
    parent.children.add(seat);
    return seat;
  }

  /** Ends a seat and all below it: what they reserved comes back, what they spent stays spent. */
  close(seat: Seat): void {
    if (seat.closed || seat.parent === undefined) return;
    for (const child of seat.children ?? []) this.close(child);
    for (const { key } of seat.account.calls) {
      this.#waiting.delete(key);
      this.#rights.release(key, true);
    }
    this.#ledger.close(seat.account);
    this.#rights.close(seat.path);
    seat.parent.children?.delete(seat);
    seat.closed = true;
  }

  /**
   * Asks for a tool call. When it is granted with an `input`, the tool is to be given that one:
   * it is what the patterns of the path were matched with.
   */
  tool(seat: Seat, ask: ToolAsk): Verdict {
    const right = this.#wishes.tool(seat, ask);
    if (right.status === "refused") return right;
    if (right.status === "ask") return this.#ledger.peekTool(seat.path) ?? right;
    const verdict = this.#ledger.tool(seat.path, ask.callId);
    if (verdict.status !== "granted") return verdict;
    this.#rights.take(right);
    return right.input === undefined ? verdict : { ...verdict, input: right.input };
  }

  /** Reserves for a model call, its output lowered to what is left, not under 1,024 tokens. */
  model(seat: Seat, ask: ModelAsk & Request): Verdict {
    const right = this.#wishes.model(seat, ask);
    if (right.status === "refused") return right;
    if (right.status === "ask") return this.#ledger.peekModel(seat.account, ask) ?? right;
    const verdict = this.#ledger.model(seat.account, ask);
    if (verdict.status === "waiting") this.#waiting.set(ask.callId, { seat, ask });
    else if (verdict.status === "granted") this.#rights.take(right);
    return verdict;
  }

  /** With a `callId` it is to be released when the spawn was made, or was refused after all. */
  spawn(seat: Seat, ask: SpawnAsk): Verdict {
    return this.#wishes.spawn(seat, ask);
  }

  /**
   * Relatives may be written to unless a node denies it, or its grants for it do not hold; anybody
   * else needs a grant on each. As for {@link spawn}, a `callId` is to be released.
   */
  message(seat: Seat, ask: MessageAsk): Verdict {
    return this.#wishes.message(seat, ask);
  }

  /** Adds a grant from the next request on; it is also what a revoked right comes back by. */
  grant(seat: Seat, grant: Grant): void {
    this.#rights.grant(seat.path, grant);
  }

  /**
   * Takes from a seat, and so from all below it, whatever was granted to it of these subjects,
   * from the next request on. What was granted before is not called back.
   */
  revoke(seat: Seat, pattern: string): void {
    this.#rights.revoke(seat.path, pattern);
  }

  /**
   * Takes note of a person's yes, so that the rules which asked do not ask for this subject again:
   * for the agent, for its top-level run, or for all. Those of other arguments do; a deny wins.
   */
  remember(seat: Seat, subject: string, scope: ApprovalScope, yes: SaidYes = {}): void {
    if (scope === "once" || seat.closed) return;
    let at = scope === "always" ? this.root : seat;
    while (scope === "run" && at.parent?.parent !== undefined) at = at.parent;
    this.#rights.remember(at.path, { subject, below: scope !== "agent", ...yes });
  }

  /**
   * Whether an agent, or one that would be opened like this, may use a subject for some arguments
   * and at some time; `where`, `ask`, `uses` and `expiresMs` are left out of account. For what its
   * model is shown.
   */
  mayEver(who: Seat | Pick<SeatOptions, "parent" | "layers">, subject: string): boolean {
    if ("account" in who) return !who.closed && this.#rights.mayEver(who.path, subject);
    return this.#rights.mightEver((who.parent ?? this.root).path, who.layers, subject);
  }

  /** As {@link mayEver}, for many subjects in one answer. */
  mayEverOf(
    who: Seat | Pick<SeatOptions, "parent" | "layers">,
    subjects: readonly string[],
  ): readonly boolean[] {
    if (!("account" in who)) {
      return this.#rights.mightEverOf((who.parent ?? this.root).path, who.layers, subjects);
    }
    return who.closed ? subjects.map(() => false) : this.#rights.mayEverOf(who.path, subjects);
  }

  /**
   * Charges what a call really used and gives the rest back. Without `usage` a model call costs
   * what was reserved for it, and a tool call nothing more than its count. Unknown calls are
   * ignored, since their seat was closed.
   *
   * **Gotcha** figures that are not whole numbers are not believed: the reservation is charged.
   * @returns what a model call was charged
   */
  settle(callId: string, usage?: TokenUsage, how: SettleOptions = {}): Charge | undefined {
    const charge = this.#ledger.settle(callId, usage, how.partial);
    if (how.again) this.#rights.keep(callId);
    else this.#rights.release(callId, true);
    return charge;
  }

  /**
   * Reserves what a model call under way needs beyond its reservation, now that its service has
   * said how long the prompt is: all of it at once, or else the refusal is the answer.
   */
  grow(callId: string, said: TokenUsage): Refused | undefined {
    return this.#ledger.grow(callId, said);
  }

  /**
   * Withdraws a call that waits, or gives back all that is held for it.
   *
   * @param options `UNSTARTED` for a call that never began
   */
  release(callId: string, { started = true }: { started?: boolean } = {}): void {
    this.#waiting.delete(callId);
    this.#ledger.release(callId, started);
    this.#rights.release(callId, started);
  }

  /** Lifts a ceiling, by an amount in the contract's units. */
  raise(path: string, unit: Unit, more: number): void {
    this.#ledger.raise(path, unit, more);
  }

  /**
   * The calls that wait and whose turn has come, in their order; each is told once.
   *
   * **Gotcha** each is to be followed by {@link woke}, in a step of its own run: until then those
   * who came later go on waiting.
   */
  takeWoken(): readonly WokenCall[] {
    return this.#ledger.takeWoken();
  }

  /**
   * Decides on a call that waits, as things are now: its rights may have gone as well. Undefined
   * where it goes on waiting, or does not wait any more.
   */
  woke(callId: string): Verdict | undefined {
    const waiting = this.#waiting.get(callId);
    const verdict = waiting && this.#ledger.woke(callId);
    if (waiting === undefined || verdict === undefined) return undefined;
    if (verdict.status === "waiting") return undefined;
    this.#waiting.delete(callId);
    if (verdict.status !== "granted") return verdict;
    const right = this.#wishes.model(waiting.seat, waiting.ask);
    if (right.status !== "permitted") this.#ledger.release(callId, false);
    else this.#rights.take(right);
    return right.status === "permitted" ? verdict : right;
  }

  /** The budgets that have come near their end since the last look, in the contract's units. */
  takeWarnings(): LedgerWarning[] {
    return this.#ledger.takeWarnings();
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

  /** What observers of the two actors see. */
  summary(): { readonly budget: BudgetSummary; readonly capability: CapabilitySummary } {
    return { budget: this.#ledger.summary(), capability: this.#rights.summary() };
  }
}
