import type { InspectionEvent } from "xstate";
import {
  type Account,
  accountOf,
  BUDGET_UNITS,
  type BudgetRefused,
  type BudgetSummary,
  type BudgetUnit,
  boundOnPath,
  type Peek,
  saveBudget,
  saveBudgetOf,
} from "../../machines/budget/budget.ts";
import { runOf } from "../../machines/run-of.ts";
import type { Budget, ModelSpec, Unit } from "../wire/spec.ts";
import type { TokenUsage } from "../wire/transcript.ts";
import { BudgetActor, type WokenCall } from "./budget-actor.ts";
import { amountOf, readBudgets, readRaise, UNIT_NAMES } from "./budget-options.ts";
import { type LedgerWarning, ledgerWarning } from "./ledger-warning.ts";
import {
  demandOf,
  isTokens,
  isUsage,
  type ModelCheck,
  needsOf,
  usageIn,
  usedBy,
  usedByCut,
} from "./model-demand.ts";
import { type Prices, readPrices } from "./price-options.ts";
import { PriceList } from "./prices.ts";
import type { Shared } from "./shared.ts";
import { modelSubject } from "./subjects.ts";
import {
  exceeded,
  GRANTED,
  miscounted,
  type Refused,
  refused,
  unpriced,
  type Verdict,
} from "./verdict.ts";

export type { LedgerWarning } from "./ledger-warning.ts";

export interface LedgerOptions {
  /** Ceilings of the whole tree. */
  readonly budget?: Budget | undefined;
  /** The budget of the folder; per unit the tighter one wins. */
  readonly folderBudget?: Budget | undefined;
  readonly prices?: Prices | undefined;
  /** The time of the first request, in milliseconds. Default 0. */
  readonly now?: number | undefined;
  /** Receives the inspection events of the shared actors. */
  readonly inspect?: (event: InspectionEvent) => void;
  /** Default: all accounts are in this process. */
  readonly shared?: Shared | undefined;
}

export interface AccountOptions {
  readonly path: string;
  /** Budgets that all apply; per unit the tightest wins. */
  readonly budgets: readonly Budget[];
  /** The agent's models. One that no `usd` budget can bound is refused at once. */
  readonly models?: readonly ModelSpec[];
  /** The agent's cheapest first call; the agent is refused where it cannot be afforded. */
  readonly first?: FirstCall | undefined;
}

export type FirstCall = Omit<ModelCheck, "callId" | "model">;

/** The use of a model call, as it was charged to its account. */
export interface Charge {
  readonly usage: TokenUsage;
  /** In dollars. */
  readonly usd: number;
}

interface ModelCall {
  readonly path: string;
  readonly ask: ModelCheck;
}

const ROOT = "/";
const ONE_TOOL_CALL = { nanoUsd: 0, tokens: 0, toolCalls: 1, modelCalls: 0 };
const NOTHING_MORE = { nanoUsd: 0, tokens: 0, outputTokens: 0 };

/** The budget half of the door: the budget actor, the prices, and the open model calls. */
export class Ledger {
  readonly root: Account;
  readonly prices: PriceList;
  readonly #budget: BudgetActor;
  /** Model calls that wait or are granted, with their accounts and requests. */
  readonly #modelCalls = new Map<string, ModelCall>();

  /** Accounts whose budgets have a person asked for more. */
  readonly #asking = new Set<string>();
  /** The most that the root can be raised to: no layer above a folder widens its bounds. */
  readonly #most: { readonly [U in BudgetUnit]?: number };

  constructor({ budget, folderBudget, prices, now, ...watched }: LedgerOptions) {
    this.prices = new PriceList(readPrices(prices));
    const given = [budget, folderBudget].filter((one) => one !== undefined);
    const { asks, ...bounds } = readBudgets(given, ROOT);
    if (asks) this.#asking.add(ROOT);
    const isFirm = folderBudget !== undefined && folderBudget.onExceeded !== "ask";
    this.#most = isFirm ? readBudgets([folderBudget], ROOT).ceilings : {};
    const input = { path: ROOT, ...bounds, now };
    this.#budget = new BudgetActor(input, watched);
    this.root = this.#budget.state.root;
  }

  /** Returns the state that a snapshot keeps and a replay must reproduce. */
  get saved(): object {
    const budget = saveBudget(this.#budget.state);
    return { budget, modelCalls: this.#modelCalls, asking: this.#asking };
  }

  /** Returns the state of one run. */
  savedOf(run: string): object {
    const budget = saveBudgetOf(this.#budget.state, run);
    const modelCalls = [...this.#modelCalls].filter(([, { path }]) => runOf(path) === run);
    return { budget, modelCalls, asking: [...this.#asking].filter((path) => runOf(path) === run) };
  }

  /** Sets the time; ended windows of the run and the root begin anew, without a run all. */
  at(now: number, run?: string): void {
    this.#budget.at(now, run);
  }

  /**
   * Opens an account below another.
   *
   * **Fails with** `OPTIONS_INVALID`; `BUDGET_EXCEEDED` when its first call cannot be afforded.
   */
  open({ path, budgets, models = [], first }: AccountOptions, above: Account): Account {
    const { asks, ...bounds } = readBudgets(budgets, path);
    this.#budget.decide({ type: "open", path, parent: above.path, ...bounds });
    try {
      const account = accountOf(this.#budget.state, path);
      if (asks) this.#asking.add(path);
      for (const model of models) {
        this.#checkFirst(account, model, model === models[0] ? first : undefined);
      }
      return account;
    } catch (refusal) {
      this.#asking.delete(path);
      this.#budget.decide({ type: "close", account: path });
      throw refusal;
    }
  }

  /** Closes an account without children; its reservations are released. */
  close(account: Account): void {
    this.#asking.delete(account.path);
    for (const { key } of account.calls) this.#modelCalls.delete(key);
    this.#budget.decide({ type: "close", account: account.path });
  }

  /** Raises the ceiling of an account, in the contract's units, as far as the folder allows. */
  raise(account: string, unit: Unit, more: number): void {
    const name = UNIT_NAMES[unit];
    const limit = accountOf(this.#budget.state, account).limit[BUDGET_UNITS.indexOf(name)] ?? 0;
    const most = (account === ROOT ? this.#most[name] : undefined) ?? Number.MAX_SAFE_INTEGER;
    const amount = Math.min(readRaise(unit, more), Math.max(0, most - limit));
    this.#budget.decide({ type: "raise", account, unit: name, amount });
  }

  tool(path: string, callId: string): Verdict {
    const amounts = ONE_TOOL_CALL;
    const answer = this.#budget.ask({ type: "reserve", key: callId, account: path, amounts });
    return answer.status === "refused" ? this.#exceeded(path, answer) : GRANTED;
  }

  model(account: Account, ask: ModelCheck): Verdict {
    const { path } = account;
    const { callId, model } = ask;
    const no = this.#unfit(account, model, ask);
    if (no !== undefined) return no;
    const { amounts, stretch } = demandOf(ask, this.prices);
    const request = { type: "reserve", key: callId, account: path, amounts, stretch } as const;
    const answer = this.#budget.ask(request);
    if (answer.status === "refused") return this.#exceeded(path, answer);
    const call = this.#modelCalls.get(callId) ?? { path, ask };
    this.#modelCalls.set(callId, call);
    return answer.status === "waiting" ? answer : grantedTo(call, answer.steps);
  }

  /** Returns the refusal that a tool call would get now; reserves nothing. */
  peekTool(path: string): Refused | undefined {
    return this.#peek({ account: path, amounts: ONE_TOOL_CALL });
  }

  /** Returns the refusal that a model call would get now; reserves nothing. */
  peekModel(account: Account, ask: ModelCheck): Refused | undefined {
    const no = this.#unfit(account, ask.model, ask);
    return no ?? this.#peek({ account: account.path, ...demandOf(ask, this.prices) });
  }

  /** Reserves more for a running call as its service reports; returns the refusal, if any. */
  grow(callId: string, said: TokenUsage): Refused | undefined {
    const call = this.#modelCalls.get(callId);
    const { steps = 0 } = this.#budget.state.calls.get(callId) ?? {};
    if (call === undefined || call.ask.exact !== undefined || !isUsage(said)) return undefined;
    const amounts = needsOf(call.ask.model, said, steps, this.prices);
    const answer = this.#budget.ask({ type: "grow", key: callId, amounts });
    if (answer.status !== "refused") return undefined;
    return exceeded(call.path, answer, this.#budget.state.now);
  }

  /** Charges a call; `partial` is true when the service was cut off before its full report. */
  settle(callId: string, usage?: TokenUsage, partial = false): Charge | undefined {
    const call = this.#modelCalls.get(callId);
    if (call === undefined) {
      this.#budget.decide({ type: "settle", key: callId, used: NOTHING_MORE });
      return undefined;
    }
    this.#modelCalls.delete(callId);
    const known = usage !== undefined && isUsage(usage) ? usage : call.ask.exact;
    const cut = known && partial ? usedByCut(call.ask, known, this.prices) : undefined;
    const reported = cut?.usage ?? known;
    const real = cut?.used ?? (reported && usedBy(call.ask.model, reported, this.prices));
    const charged = this.#budget.settle(callId, real);
    if (charged === undefined) return undefined;
    return { usage: reported ?? usageIn(charged), usd: amountOf("usd", charged.nanoUsd) };
  }

  release(callId: string, started: boolean): void {
    this.#modelCalls.delete(callId);
    this.#budget.decide({ type: "release", key: callId, started });
  }

  takeWoken(): readonly WokenCall[] {
    return this.#budget.takeWoken();
  }

  /** Tries a waiting call again; undefined where the call is not known. */
  woke(callId: string): Verdict | undefined {
    const call = this.#modelCalls.get(callId);
    const answer = call && this.#budget.ask({ type: "wake", key: callId });
    if (call === undefined || answer === undefined || answer.status === "unknown") return undefined;
    if (answer.status === "waiting") return answer;
    if (answer.status === "granted") return grantedTo(call, answer.steps);
    this.#modelCalls.delete(callId);
    return this.#exceeded(call.path, answer);
  }

  takeWarnings(): LedgerWarning[] {
    const taken = this.#budget.takeWarnings();
    return taken.length === 0 ? [] : taken.map(ledgerWarning);
  }

  /** Returns the summary that the actor's observers see. */
  summary(): BudgetSummary {
    return this.#budget.summary;
  }

  #checkFirst(account: Account, model: ModelSpec, first: FirstCall | undefined): void {
    const ask = { maxTokens: 1, inputTokens: 0, ...first };
    const no = this.#unfit(account, model, ask);
    if (no !== undefined) throw no.error;
    if (first === undefined) return;
    const { path } = account;
    const over = this.#peek({ account: path, ...demandOf({ ...first, model }, this.prices) });
    if (over !== undefined && over.asks === undefined) throw over.error;
  }

  /** Returns a refusal. A person may raise a total, but no bound on a call, window or folder. */
  #exceeded(path: string, answer: BudgetRefused): Refused {
    const verdict = exceeded(path, answer, this.#budget.state.now);
    const { account, bound, unit, limit } = answer;
    if (bound !== "total" || !this.#asking.has(account)) return verdict;
    const isFirm = account === ROOT && limit >= (this.#most[unit] ?? Infinity);
    return isFirm ? verdict : { ...verdict, asks: account };
  }

  #peek(request: Peek): Refused | undefined {
    const answer = this.#budget.peek(request);
    const { account: path } = request;
    return answer.status === "refused" ? this.#exceeded(path, answer) : undefined;
  }

  /** Returns the reason why no call of this model can be charged here, whatever is left. */
  #unfit(account: Account, model: ModelSpec, ask: FirstCall): Refused | undefined {
    const { inputTokens, maxTokens, exact } = ask;
    if (!isTokens(inputTokens) || !isTokens(maxTokens) || (exact && !isUsage(exact))) {
      return refused(miscounted(account.path, ask));
    }
    if (this.prices.of(model) !== undefined) return undefined;
    const bounded = boundOnPath(account, "nanoUsd");
    if (bounded === undefined) return undefined;
    const named = { model: modelSubject(model), meant: this.prices.meantBy(model) };
    return refused(unpriced(account.path, named, bounded));
  }
}

function grantedTo({ ask }: ModelCall, steps: number): Verdict {
  return { status: "granted", maxTokens: ask.exact === undefined ? steps : ask.maxTokens };
}
