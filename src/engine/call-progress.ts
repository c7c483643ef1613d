import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";

/** The model that a call goes to. A first attempt at the first model needs no entry. */
export interface ModelChoice {
  /** The index among the agent's models. */
  readonly index: number;
  /** The error of the attempt before this one. */
  readonly why?: WireError;
  /** True when the failed attempt counted as a turn, to be given back before the next attempt. */
  readonly isOwed?: true;
  /** The failed attempts at this model, when it is asked again. */
  readonly failed?: number;
  /** The earliest time of the next attempt, in milliseconds. */
  readonly notBefore?: number;
  /** True when a person has allowed the call of this model. */
  readonly isApproved?: true;
}

/** A person's approval of a call so far; the call carries it whenever the arbiter decides again. */
export interface Said {
  /** True when a person has approved the call. */
  readonly approved: boolean;
  /** The version of a tool at the approval, which holds for that version alone. */
  readonly version?: string | undefined;
  /** The input of a tool at the approval, which holds for that input alone. */
  readonly allowed?: Json | undefined;
  /** The number of approvals that no longer applied when the call was to begin. */
  readonly outdated?: number | undefined;
}

/**
 * The progress of a call that stopped before it began: plain data, from which the call is taken up
 * again.
 */
export interface CallProgress extends Said {
  /** The reason why the call is not taken up yet. A wait for a person is kept in `Approvals`. */
  readonly waitsFor?: "budget" | "rate";
  /** True when its budget is reserved; the arbiter decides once more all the same. */
  readonly isReserved?: boolean;
  /** True when its rate limit has let it pass. */
  readonly isRateCleared?: boolean;
  /** True for a tool call whose request no event has reported yet. */
  readonly isUntold?: boolean;
  /** The model of a model call, and the estimated length of its prompt in tokens. */
  readonly model?: { readonly choice: ModelChoice; readonly inputTokens: number };
}

/** The part of an agent's record that contains its stopped calls. */
interface Holder {
  stoppedCalls: Map<string, CallProgress> | undefined;
}

/** Records the progress of a call that stopped before it began. */
export function keepProgress(record: Holder, callId: string, progress: CallProgress): void {
  record.stoppedCalls ??= new Map();
  record.stoppedCalls.set(callId, progress);
}

/** Removes and returns a stopped call's progress; undefined for a call that is asked for anew. */
export function takeProgress(record: Holder, callId: string): CallProgress | undefined {
  const { stoppedCalls } = record;
  const progress = stoppedCalls?.get(callId);
  if (stoppedCalls?.delete(callId) && stoppedCalls.size === 0) record.stoppedCalls = undefined;
  return progress;
}

/** Ends the wait of a stopped call, which then has what it waited for. */
export function endWaiting(
  record: Holder,
  callId: string,
  now: Pick<CallProgress, "isReserved" | "isRateCleared">,
): void {
  const { waitsFor: _over, ...progress } = takeProgress(record, callId) ?? { approved: false };
  keepProgress(record, callId, { ...progress, ...now });
}
