import type { AgentRecord } from "../engine/agent-record.ts";
import type { ModelChoice } from "../engine/call-progress.ts";
import { CoppiceError } from "../errors.ts";
import type { PermitDetails } from "../kernel/kernel.ts";
import { isScripted } from "../models/scripted-usage.ts";
import { MAX_ATTEMPTS, MAX_RETRY_MS } from "../wire/attempts.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { NextAttempt } from "../wire/frame.ts";
import { modelName } from "../wire/model-name.ts";
import type { WireError } from "../wire/outcome.ts";
import type { ModelSpec } from "../wire/spec.ts";

/** The outcome of a call that failed. */
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

/** Returns the model that a call was made to. */
export function chosenModel(record: AgentRecord, callId: string): ModelSpec | undefined {
  return record.resolved.models[choiceOf(record, callId).index];
}

/** Gives back the turn of a model that failed; the next model answers the same turn. */
export function giveTurnBack(record: AgentRecord, callId: string): ModelChoice {
  const owed = choiceOf(record, callId);
  if (owed.isOwed === undefined) return owed;
  const { isOwed: _paid, ...choice } = owed;
  record.node.turns -= 1;
  keepChoice(record, callId, choice);
  return choice;
}

/**
 * Returns the next choice for a call that failed, as the same turn: the same model where another
 * attempt may succeed, else the next model, or undefined when the call has failed for good. Applies
 * to `MODEL_FAILED` alone: another model would not help with a mistake in the options, an exhausted
 * script or a cancelled call.
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
  // The host may be a user-code host, which is not trusted: it could retry or wait for ever.
  const failed = Math.max(again?.attempt ?? 0, before + 1);
  if (again !== undefined && failed < MAX_ATTEMPTS) {
    const notBefore = now + Math.min(again.delayMs, MAX_RETRY_MS);
    return { index, ...why, failed, notBefore, ...(isApproved && { isApproved }) };
  }
  return index + 1 < record.resolved.models.length ? { index: index + 1, ...why } : undefined;
}

/** True when the next attempt goes to the same model. */
export function isRetry(
  next: ModelChoice | undefined,
): next is ModelChoice & Required<Pick<ModelChoice, "failed">> {
  return next?.failed !== undefined;
}

/** Returns the details of a call for its host and for its event. */
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
  const message = `${name} has failed too often and is not asked for another ${waitMs} ms`;
  const details = { model: name, circuit: "open", retryAfterMs: waitMs };
  return encodeError(new CoppiceError("MODEL_FAILED", message, details), "MODEL_FAILED");
}
