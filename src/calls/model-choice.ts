import type { AgentRecord } from "../engine/agent-record.ts";
import type { ModelChoice } from "../engine/call-standing.ts";
import { CoppiceError } from "../errors.ts";
import type { PermitDetails } from "../kernel/kernel.ts";
import { isScripted } from "../models/scripted-usage.ts";
import { LONGEST_RETRY_MS, MOST_ATTEMPTS } from "../wire/attempts.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { NextAttempt } from "../wire/frame.ts";
import { modelName } from "../wire/model-name.ts";
import type { WireError } from "../wire/outcome.ts";
import type { ModelSpec } from "../wire/spec.ts";

/** What is known of a call that failed. */
interface Failed {
  readonly error?: WireError | undefined;
  readonly again?: NextAttempt | undefined;
}

const FIRST: ModelChoice = { index: 0 };

export function choiceOf({ choices }: AgentRecord, callId: string): ModelChoice {
  return choices?.get(callId) ?? FIRST;
}

export function keepChoice(record: AgentRecord, callId: string, choice: ModelChoice): void {
  if (choice.index === 0 && choice.failed === undefined && choice.isApproved === undefined) {
    record.choices?.delete(callId);
    return;
  }
  record.choices ??= new Map();
  record.choices.set(callId, choice);
}

/** The model that was asked in a call. */
export function chosenModel(record: AgentRecord, callId: string): ModelSpec | undefined {
  return record.plan.models[choiceOf(record, callId).index];
}

/** Gives back the turn of a model that failed: the next one answers the same turn. */
export function giveTurnBack(record: AgentRecord, callId: string): ModelChoice {
  const owed = choiceOf(record, callId);
  if (owed.isOwed === undefined) return owed;
  const { isOwed: _paid, ...choice } = owed;
  record.node.turns -= 1;
  keepChoice(record, callId, choice);
  return choice;
}

/**
 * Whom a call that failed is asked of next, as the same turn: the same model, where another attempt
 * may succeed, else the next one; undefined when it has failed for good. Only for `MODEL_FAILED`: a
 * mistake in the options, a script that ran out or a cancelled call would be no better elsewhere.
 */
export function nextChoice(
  record: AgentRecord,
  callId: string,
  { error, again }: Failed,
  now: number,
): ModelChoice | undefined {
  if (error?.code !== "MODEL_FAILED") return undefined;
  const { index, failed: before = 0, isApproved } = choiceOf(record, callId);
  const why = { why: error, isOwed: true } as const;
  // Its host may be a guest's, which could ask for ever, or for never.
  const failed = Math.max(again?.attempt ?? 0, before + 1);
  if (again !== undefined && failed < MOST_ATTEMPTS) {
    const notBefore = now + Math.min(again.delayMs, LONGEST_RETRY_MS);
    return { index, ...why, failed, notBefore, ...(isApproved && { isApproved }) };
  }
  return index + 1 < record.plan.models.length ? { index: index + 1, ...why } : undefined;
}

/** True when the next attempt is one at the same model. */
export function isRetry(
  next: ModelChoice | undefined,
): next is ModelChoice & Required<Pick<ModelChoice, "failed">> {
  return next?.failed !== undefined;
}

/** What its host is told of a call beside what it is, and its event. */
export function detailsOf(asked: {
  readonly choice: ModelChoice;
  readonly model: ModelSpec;
  readonly inputTokens: number;
}): { readonly about: PermitDetails; readonly attempt: { readonly attempt?: number } } {
  const { choice, model, inputTokens } = asked;
  const { index, failed } = choice;
  const which = index === 0 ? {} : { model: index };
  const prompt = isScripted(model) ? {} : { inputTokens };
  if (failed === undefined) return { about: { ...which, ...prompt }, attempt: {} };
  return { about: { ...which, ...prompt, failed }, attempt: { attempt: failed + 1 } };
}

export function circuitOpen(model: ModelSpec, waitMs: number): WireError {
  const name = modelName(model);
  const told = `${name} has failed too often and is not asked for another ${waitMs} ms`;
  const details = { model: name, circuit: "open", retryAfterMs: waitMs };
  return encodeError(new CoppiceError("MODEL_FAILED", told, details), "MODEL_FAILED");
}
