import type { BudgetRefused } from "../../machines/budget/budget.ts";
import type { Finding } from "../../machines/capability/arguments.ts";
import type { CapabilityAsking, CapabilityDenied } from "../../machines/capability/verdict.ts";
import { CoppiceError } from "../errors.ts";
import { clip } from "../wire/clip.ts";
import type { Json } from "../wire/json.ts";
import { quoted, shownText } from "../wire/shown-text.ts";
import type { Unit } from "../wire/spec.ts";
import { amountOf, unitName } from "./budget-options.ts";
import { shownAmount, shownWait } from "./shown-amount.ts";

/** The arbiter's answer. A refusal is a value; `waiting` is answered later, by `woke`. */
export type Verdict =
  /**
   * `maxTokens`: for a model call, the output tokens that were reserved. `input`: for a tool call,
   * the input that was checked and that the tool must be given instead.
   */
  | { readonly status: "granted"; readonly maxTokens?: number; readonly input?: Json }
  /** `unit`: the unit whose budget was exceeded. */
  | {
      readonly status: "refused";
      readonly error: CoppiceError;
      readonly unit?: Unit;
      /** The account whose owner is to be asked for more before the refusal is final. */
      readonly asks?: string;
    }
  | Asking
  | { readonly status: "waiting" };

export type Refused = Extract<Verdict, { status: "refused" }>;

/** A person must allow the call too. Nothing is reserved; ask again with `approved: true`. */
export interface Asking {
  readonly status: "ask";
  readonly subject: string;
  /** A sentence that names the node that asks, and its grant. */
  readonly reason: string;
  /** Every node that asks, the nearest first. */
  readonly nodes: readonly string[];
  /** The arguments of each rule that asks; left out, all arguments. */
  readonly wheres?: readonly (string | null)[];
  /** The input that the tool would be given, where it differs from the one asked with. */
  readonly input?: Json;
}

/** The arguments and the version of the subject that a yes applies to. */
export interface SaidYes extends Pick<Asking, "wheres"> {
  readonly version?: string | undefined;
}

export const GRANTED: Verdict = { status: "granted" };

export const refused = (error: CoppiceError): Refused => ({ status: "refused", error });

export function denied(path: string, answer: CapabilityDenied): Refused {
  const { node, subject, deny, finding = answer.lack?.finding, lack } = answer;
  const message = `${path} may not use ${quoted(subject)}: ${whyDenied(answer)}`;
  const details = {
    ...{ node, subject, path },
    ...(deny === undefined ? {} : { deny }),
    ...(lack === undefined ? {} : { grant: lack.grant, lacks: lack.type }),
    ...(finding === undefined ? {} : cut(finding)),
  };
  return refused(new CoppiceError("CAPABILITY_DENIED", message, details));
}

export function asking(path: string, answer: CapabilityAsking): Asking {
  const { nodes, subject, grant, changed, wheres } = answer;
  const why = changed === true ? ", which has changed since it was allowed" : "";
  const asks = `the grant ${quoted(grant)} of ${nodes[0]} asks`;
  const reason = `${asks} before ${path} uses ${quoted(subject)}${why}`;
  return { status: "ask", subject, reason, nodes, ...(wheres === undefined ? {} : { wheres }) };
}

/** Returns the verdict for a call that a person allowed with other arguments than it has now. */
export function askingAnew({ node, subject }: { node: string; subject: string }): Asking {
  const reason = `${node} uses ${quoted(subject)} with other arguments than a person has allowed`;
  return { status: "ask", subject, reason, nodes: [node], wheres: [null] };
}

/** @param now milliseconds, from which a window's `retryAfterMs` counts */
export function exceeded(path: string, answer: BudgetRefused, now: number): Refused {
  const { account: node, bound, retryAt } = answer;
  const unit = unitName(answer.unit);
  const [limit, spent, reserved, asked] = [
    answer.limit,
    answer.spent,
    answer.reserved,
    answer.asked,
  ].map((amount) => amountOf(unit, amount)) as [number, number, number, number];
  const retryAfterMs = retryAt === undefined ? undefined : Math.max(0, Math.ceil(retryAt - now));
  const whose = node === path ? "its" : `${node}'s`;
  const has = whyNot[bound]({ unit, limit, spent, whose });
  const wait = retryAfterMs === undefined ? "" : `, or try again in ${shownWait(retryAfterMs)}`;
  const message =
    `${path} needs ${wanted(unit, asked)}; ${has}. ` +
    `Raise \`budget${option[bound]}.${unit}\` of ${node}${wait}`;
  const details = {
    ...{ node, unit, limit, spent, reserved, asked, path },
    ...(bound === "total" ? {} : { bound }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  return { ...refused(new CoppiceError("BUDGET_EXCEEDED", message, details)), unit };
}

const MAX_SHOWN = 200;

function whyDenied({ node, subject, deny, finding, lack }: CapabilityDenied): string {
  if (deny !== undefined) {
    return `${node} denies "${deny}"${finding === undefined ? "" : `, where ${wordsOf(finding)}`}`;
  }
  if (lack === undefined)
    return `no grant of ${node} allows it. Add "${subject}" to its \`grants\``;
  const grant = `the grant "${lack.grant}" of ${node}`;
  if (lack.type === "expired") return `${grant} has expired`;
  if (lack.type === "revoked") return `"${lack.grant}" of ${node} was revoked`;
  if (lack.type === "uses") return `${grant} was for ${lack.uses} uses, and none is left`;
  return lack.finding === undefined
    ? `${grant} does not hold`
    : `${grant} needs ${wordsOf(lack.finding)}`;
}

/** Returns the argument, the patterns that it had to match, and its canonical value. */
function wordsOf({ argument, wanted, value, unreadable }: Finding): string {
  const meant = `\`${argument}\` as ${wanted.join(" or ")}`;
  if (value === undefined) return `${meant}, and it is missing`;
  const why = unreadable === undefined ? "" : `: ${shownText(unreadable)}`;
  return `${meant}, and it is ${quoted(value, MAX_SHOWN)}${why}`;
}

function cut({ value, ...finding }: Finding) {
  return value === undefined ? finding : { ...finding, value: clip(value, MAX_SHOWN) };
}

/** Returns an amount for a sentence; a count is one more call, other amounts are for this call. */
function wanted(unit: Unit, asked: number): string {
  const isCount = unit === "toolCalls" || unit === "modelCalls";
  return isCount ? `${shownAmount(unit, asked)} more` : `${shownAmount(unit, asked)} for this call`;
}

interface Bound {
  readonly unit: Unit;
  readonly limit: number;
  readonly spent: number;
  readonly whose: string;
}

const whyNot = {
  total: (bound: Bound) => `${bound.whose} budget is ${left(bound)}`,
  action: ({ unit, limit, whose }: Bound) =>
    `${whose} budget allows ${shownAmount(unit, limit)} to one call`,
  window: (bound: Bound) => `${bound.whose} budget of this window is ${left(bound)}`,
};

/** The path of each bound's option within the budget. */
const option = { total: "", action: ".perAction", window: ".windows[]" };

function left({ unit, limit, spent }: Bound): string {
  const share = spent >= limit ? "all" : shownAmount(unit, spent);
  const rest = spent === 0 ? "" : `, ${share} of it spent`;
  return `${shownAmount(unit, limit)}${rest}`;
}

export function unpriced(
  path: string,
  { model, meant }: { readonly model: string; readonly meant: string },
  bounded: string,
): CoppiceError {
  const remedy = ". Give it a price by `prices` or `priceAs`";
  const message =
    `${path} cannot use the model "${model}": its price is not known, ` +
    `so the usd budget of ${bounded} could not be kept${meant === "" ? remedy : meant}`;
  return new CoppiceError("OPTIONS_INVALID", message, { model, node: bounded, path });
}

export function miscounted(
  path: string,
  ask: { readonly inputTokens: number; readonly maxTokens: number },
): CoppiceError {
  const counts = `${ask.inputTokens} tokens of input and ${ask.maxTokens} of output`;
  const message = `${path} asked for a model call whose counts cannot be right: ${counts}`;
  return new CoppiceError("OPTIONS_INVALID", message, { path });
}

export function stopped(path: string): Refused {
  return refused(new CoppiceError("AGENT_STOPPED", `${path} has ended`, { path }));
}
