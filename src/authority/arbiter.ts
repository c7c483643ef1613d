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
import type { ModelCheck } from "./model-demand.ts";
import type { PriceList } from "./prices.ts";
import type { MessageCheck, Request, SettleOptions, SpawnCheck, ToolCheck } from "./request.ts";
import { Rights, type RightsOptions } from "./rights.ts";
import {
  type BudgetLine,
  budgetOf,
  ownUsageOf,
  type Standing,
  standingAt,
  usageOf,
} from "./standing.ts";
import type { Refused, SaidYes, Verdict } from "./verdict.ts";
import { Wishes } from "./wishes.ts";

export type { LedgerWarning } from "./ledger.ts";
export type { ModelCheck } from "./model-demand.ts";
export type { MessageCheck, Relation, Request, SpawnCheck, ToolCheck } from "./request.ts";
export type { BudgetLine, Standing } from "./standing.ts";
export type { Asking, Verdict } from "./verdict.ts";

export interface ArbiterOptions extends LedgerOptions, RightsOptions {}

export interface StandingOptions extends AccountOptions {
  /** The parent's standing. Default: the root's. */
  readonly parent?: Standing | undefined;
  /** Lists of grants, each of which must allow. */
  readonly layers: readonly (readonly Grant[])[];
}

interface Waiting {
  readonly standing: Standing;
  readonly ask: ModelCheck & Request;
}

/**
 * The one door: every tool call, model call, spawn and message is checked here before it happens,
 * first for its rights and then for its budget, at each node from the agent up to the root.
 *
 * **Guarantees** answers at once, and the same way for the same history; never throws for a call; a
 * call without the right, or that a person must allow first, reserves nothing; a call is charged
 * and its uses are counted once by its `callId`, and only when all of it is granted.
 * **Fails with** `OPTIONS_INVALID` from the constructor and `open`, for grants or budgets that
 * cannot be read.
 */
export class Arbiter {
  /** The supervisor's own standing, the root of all standings. */
  readonly root: Standing;
  /** The prices of models. */
  readonly prices: PriceList;
  /** The accounts, the prices, and the reservations of model calls. */
  readonly #ledger: Ledger;
  readonly #rights: Rights;
  readonly #wishes: Wishes;
  /** Model calls whose reservation waits; their rights are checked again when it is granted. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: ArbiterOptions = {}) {
    this.#ledger = new Ledger(options);
    this.#rights = new Rights(options);
    this.#wishes = new Wishes(this.#rights);
    this.root = standingAt(undefined, this.#ledger.root);
    this.prices = this.#ledger.prices;
  }

  /**
   * Sets the time of what follows: the date, and the monotonic time, which never goes back.
   *
   * @param run the run of the step: its windows and the root's turn; left out, all windows turn
   */
  at(wall: number, now = wall, run?: string): void {
    this.#ledger.at(wall, run);
    this.#rights.at(wall, now);
  }

  /** Returns the state that a snapshot keeps and a replay must reproduce. */
  get saved(): object {
    const waiting = [...this.#waiting].map(([callId, { ask }]) => [callId, ask]);
    return { ledger: this.#ledger, rights: this.#rights, waiting };
  }

  /**
   * Returns the state of one run, given by the path of a top-level standing, as plain data.
   *
   * **Guarantees** replaying that run alone from its own steps gives the same state.
   */
  savedOf(run: string): object {
    const own = [...this.#waiting.values()].filter(({ standing }) => runOf(standing.path) === run);
    const waiting = own.map(({ standing, ask }) => [standing.path, ask]);
    return { ledger: this.#ledger.savedOf(run), rights: this.#rights.savedOf(run), waiting };
  }

  /** Opens the standing of an agent that is about to begin. */
  open({ parent = this.root, layers, ...asked }: StandingOptions): Standing {
    const { path } = asked;
    const read = this.#rights.read(layers, path);
    const account = this.#ledger.open(asked, parent.account);
    this.#rights.open(path, parent.path, read);
    const standing = standingAt(parent, account);
    parent.children ??= new Set();
    parent.children.add(standing);
    return standing;
  }

  /** Closes a standing and all below it; reservations are released, charges stay. */
  close(standing: Standing): void {
    if (standing.closed || standing.parent === undefined) return;
    for (const child of standing.children ?? []) this.close(child);
    for (const { key } of standing.account.calls) {
      this.#waiting.delete(key);
      this.#rights.release(key, true);
    }
    this.#ledger.close(standing.account);
    this.#rights.close(standing.path);
    standing.parent.children?.delete(standing);
    standing.closed = true;
  }

  /**
   * Checks a tool call. When it is granted with an `input`, the tool must be given that one: it is
   * what the patterns of the path were matched with.
   */
  tool(standing: Standing, ask: ToolCheck): Verdict {
    const right = this.#wishes.tool(standing, ask);
    if (right.status === "refused") return right;
    if (right.status === "ask") return this.#ledger.peekTool(standing.path) ?? right;
    const verdict = this.#ledger.tool(standing.path, ask.callId);
    if (verdict.status !== "granted") return verdict;
    this.#rights.take(right);
    return right.input === undefined ? verdict : { ...verdict, input: right.input };
  }

  /** Reserves for a model call; its output is cut to what is left, but not below 1,024 tokens. */
  model(standing: Standing, ask: ModelCheck & Request): Verdict {
    const right = this.#wishes.model(standing, ask);
    if (right.status === "refused") return right;
    if (right.status === "ask") return this.#ledger.peekModel(standing.account, ask) ?? right;
    const verdict = this.#ledger.model(standing.account, ask);
    if (verdict.status === "waiting") this.#waiting.set(ask.callId, { standing, ask });
    else if (verdict.status === "granted") this.#rights.take(right);
    return verdict;
  }

  /** Checks a spawn. With a `callId` it must be released once the spawn was made or refused. */
  spawn(standing: Standing, ask: SpawnCheck): Verdict {
    return this.#wishes.spawn(standing, ask);
  }

  /**
   * Checks a message. Relatives may be written to unless a node denies it or its own grants for it
   * do not hold; others need a grant at each node. Release a `callId` as for {@link spawn}.
   */
  message(standing: Standing, ask: MessageCheck): Verdict {
    return this.#wishes.message(standing, ask);
  }

  /** Adds a grant from the next request on; this also gives back a revoked right. */
  grant(standing: Standing, grant: Grant): void {
    this.#rights.grant(standing.path, grant);
  }

  /**
   * Revokes from a standing, and so from all below it, all that it was granted of these subjects,
   * from the next request on. A call that was granted before is not called back.
   */
  revoke(standing: Standing, pattern: string): void {
    this.#rights.revoke(standing.path, pattern);
  }

  /**
   * Remembers a person's yes, so that the rules which asked do not ask for this subject again: for
   * the agent, its top-level run, or all. Rules for other arguments still ask; a deny wins.
   */
  remember(standing: Standing, subject: string, scope: ApprovalScope, yes: SaidYes = {}): void {
    if (scope === "once" || standing.closed) return;
    let at = scope === "always" ? this.root : standing;
    while (scope === "run" && at.parent?.parent !== undefined) at = at.parent;
    this.#rights.remember(at.path, { subject, below: scope !== "agent", ...yes });
  }

  /**
   * Returns true when an agent may use a subject for some arguments and at some time; `where`,
   * `ask`, `uses` and `expiresMs` are ignored. Used for what its model is shown.
   */
  mayEver({ closed, path }: Standing, subject: string): boolean {
    return !closed && this.#rights.mayEver(path, subject);
  }

  /** Returns the answers of {@link mayEver} for many subjects at once. */
  mayEverOf({ closed, path }: Standing, subjects: readonly string[]): readonly boolean[] {
    return closed ? subjects.map(() => false) : this.#rights.mayEverOf(path, subjects);
  }

  /**
   * Charges what a call really used and releases the rest. Without `usage` a model call costs its
   * reservation, and a tool call nothing beyond its count. Unknown calls are ignored, since their
   * standing was closed.
   *
   * **Gotcha** counts that are not whole numbers are not trusted: the reservation is charged.
   * @returns the charge of a model call
   */
  settle(callId: string, usage?: TokenUsage, how: SettleOptions = {}): Charge | undefined {
    const charge = this.#ledger.settle(callId, usage, how.partial);
    if (how.again) this.#rights.keep(callId);
    else this.#rights.release(callId, true);
    return charge;
  }

  /**
   * Reserves what a running model call needs beyond its reservation, once its service has said how
   * long the prompt is. Returns the refusal when not all of it can be reserved.
   */
  grow(callId: string, said: TokenUsage): Refused | undefined {
    return this.#ledger.grow(callId, said);
  }

  /** Withdraws a call that waits, or releases what it reserved; `UNSTARTED` for one not begun. */
  release(callId: string, { started = true }: { started?: boolean } = {}): void {
    this.#waiting.delete(callId);
    this.#ledger.release(callId, started);
    this.#rights.release(callId, started);
  }

  /** True for a call of which uses of a right are counted, until it is released. */
  isCounted(callId: string): boolean {
    return this.#rights.isCounted(callId);
  }

  /** Raises a ceiling, by an amount in the contract's units. */
  raise(path: string, unit: Unit, more: number): void {
    this.#ledger.raise(path, unit, more);
  }

  /**
   * Returns the waiting calls whose turn has come, in their order; each is returned once.
   *
   * **Gotcha** {@link woke} must follow for each, in a step of its own run: until then the calls
   * behind it keep waiting.
   */
  takeWoken(): readonly WokenCall[] {
    return this.#ledger.takeWoken();
  }

  /**
   * Decides on a waiting call, with rights and budgets as they are now. Returns undefined where it
   * keeps waiting or no longer waits.
   */
  woke(callId: string): Verdict | undefined {
    const waiting = this.#waiting.get(callId);
    const verdict = waiting && this.#ledger.woke(callId);
    if (waiting === undefined || verdict === undefined) return undefined;
    if (verdict.status === "waiting") return undefined;
    this.#waiting.delete(callId);
    if (verdict.status !== "granted") return verdict;
    const right = this.#wishes.model(waiting.standing, waiting.ask);
    if (right.status !== "permitted") this.#ledger.release(callId, false);
    else this.#rights.take(right);
    return right.status === "permitted" ? verdict : right;
  }

  /** Returns the warnings since the last time, in the contract's units. */
  takeWarnings(): LedgerWarning[] {
    return this.#ledger.takeWarnings();
  }

  /** Returns the use of a standing and of all that were ever below it; also after it was closed. */
  usage(standing: Standing): Usage {
    return usageOf(standing);
  }

  /** Returns the use by a standing's own calls; a sum over standings counts nothing twice. */
  ownUsage(standing: Standing): Usage {
    return ownUsageOf(standing);
  }

  /** Returns the budget of a standing with what is spent and reserved, in the contract's units. */
  budget(standing: Standing): Record<Unit, BudgetLine> {
    return budgetOf(standing);
  }

  /** Returns the summaries that observers of the two actors see. */
  summary(): { readonly budget: BudgetSummary; readonly capability: CapabilitySummary } {
    return { budget: this.#ledger.summary(), capability: this.#rights.summary() };
  }
}
