import type { BudgetRefused } from "../../machines/budget.ts";
import type { CapabilityDenied } from "../../machines/capability.ts";
import { CoppiceError } from "../errors.ts";
import type { Unit } from "../wire/spec.ts";
import { amountOf, unitName } from "./budget-options.ts";

/** The arbiter's answer. A refusal is a value; `waiting` is answered later, by `takeWoken`. */
export type Verdict =
  /** `maxTokens`: for a model call, the most output that was reserved. */
  | { readonly status: "granted"; readonly maxTokens?: number }
  /** `unit`: which budget was exceeded. */
  | { readonly status: "refused"; readonly error: CoppiceError; readonly unit?: Unit }
  | { readonly status: "waiting" };

export type Refused = Extract<Verdict, { status: "refused" }>;

export const GRANTED: Verdict = { status: "granted" };

export const refused = (error: CoppiceError): Refused => ({ status: "refused", error });

export function denied(path: string, answer: CapabilityDenied): Refused {
  const { node, subject, deny } = answer;
  const why = deny === undefined ? `no grant of ${node} allows it` : `${node} denies "${deny}"`;
  const message = `${path} may not use "${subject}": ${why}`;
  const details = { node, subject, path, ...(deny === undefined ? {} : { deny }) };
  return refused(new CoppiceError("CAPABILITY_DENIED", message, details));
}

export function exceeded(path: string, answer: BudgetRefused): Refused {
  const unit = unitName(answer.unit);
  const [limit, spent, reserved, asked] = [
    answer.limit,
    answer.spent,
    answer.reserved,
    answer.asked,
  ].map((amount) => amountOf(unit, amount));
  const node = answer.account;
  const told = `${spent} of the ${limit} of ${node} are spent`;
  const message = `${path} asked for ${asked} ${unit}, and ${told}`;
  const details = { node, unit, limit, spent, reserved, asked, path };
  return { ...refused(new CoppiceError("BUDGET_EXCEEDED", message, details)), unit };
}

export function unpriced(path: string, model: string, bounded: string): CoppiceError {
  const message =
    `${path} cannot use the model "${model}": its price is not known, ` +
    `so the usd budget of ${bounded} could not be kept`;
  return new CoppiceError("OPTIONS_INVALID", message, { model, node: bounded, path });
}

export function miscounted(path: string, ask: { inputTokens: number; maxTokens: number }) {
  const counts = `${ask.inputTokens} tokens of input and ${ask.maxTokens} of output`;
  const message = `${path} asked for a model call whose counts cannot be right: ${counts}`;
  return new CoppiceError("OPTIONS_INVALID", message, { path });
}

export function stopped(path: string): Refused {
  return refused(new CoppiceError("AGENT_STOPPED", `${path} has ended`, { path }));
}
