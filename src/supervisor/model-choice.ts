import { CoppiceError } from "../errors.ts";
import { encodeError } from "../wire/error-codec.ts";
import { modelName } from "../wire/model-name.ts";
import type { WireError } from "../wire/outcome.ts";
import type { ModelSpec } from "../wire/spec.ts";
import type { AgentRecord } from "./agent-record.ts";

/** Which of an agent's models a call goes to. Nothing is kept of one that the first answers. */
export interface Choice {
  readonly index: number;
  /** Why the one before it did not answer. */
  readonly why?: WireError;
  /** It failed, and counted as a turn, which is given back before the next one is asked. */
  readonly isOwed?: true;
}

const FIRST: Choice = { index: 0 };

export function choiceOf({ choices }: AgentRecord, callId: string): Choice {
  return choices?.get(callId) ?? FIRST;
}

export function keepChoice(record: AgentRecord, callId: string, choice: Choice): void {
  if (choice.index === 0) {
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
export function giveTurnBack(record: AgentRecord, callId: string): Choice {
  const owed = choiceOf(record, callId);
  if (owed.isOwed === undefined) return owed;
  const { isOwed: _paid, ...choice } = owed;
  record.node.turns -= 1;
  keepChoice(record, callId, choice);
  return choice;
}

/**
 * A call has failed for good: true when another model is asked for the same turn. Only for
 * `MODEL_FAILED`: a mistake in the options, a script that ran out or a cancelled call would be no
 * better elsewhere.
 */
export function fallBack(record: AgentRecord, callId: string, why: WireError | undefined): boolean {
  const index = choiceOf(record, callId).index + 1;
  const goesOn = why?.code === "MODEL_FAILED" && index < record.plan.models.length;
  if (goesOn) keepChoice(record, callId, { index, why, isOwed: true });
  else record.choices?.delete(callId);
  return goesOn;
}

export function circuitOpen(model: ModelSpec, waitMs: number): WireError {
  const name = modelName(model);
  const told = `${name} has failed too often and is not asked for another ${waitMs} ms`;
  const details = { model: name, circuit: "open", retryAfterMs: waitMs };
  return encodeError(new CoppiceError("MODEL_FAILED", told, details), "MODEL_FAILED");
}
