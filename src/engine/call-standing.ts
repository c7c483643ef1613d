import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";

/** Which of an agent's models a call goes to. Nothing is kept of one that the first answers. */
export interface ModelChoice {
  readonly index: number;
  /** Why the one before it did not answer. */
  readonly why?: WireError;
  /** It failed, and counted as a turn, which is given back before the next one is asked. */
  readonly isOwed?: true;
  /** Attempts at this model that have failed, when it is asked once more. */
  readonly failed?: number;
  /** When that may be, in milliseconds. */
  readonly notBefore?: number;
  /** A person has allowed the call of this model. */
  readonly isApproved?: true;
}

/** What a person has said to a call so far: it goes with it whenever the door is asked again. */
export interface Said {
  /** A person has allowed it. */
  readonly approved: boolean;
  /** Of a tool: what it was then; a yes holds for that alone. */
  readonly version?: string | undefined;
  /** Of a tool: what it was to be given then; a yes holds for that alone. */
  readonly allowed?: Json | undefined;
  /** How many yeses were for what it no longer was when it was to begin. */
  readonly outdated?: number | undefined;
}

/**
 * Where a call stands that has stopped on its way to its beginning: plain data, from which whoever
 * takes it up again goes on.
 */
export interface CallStanding extends Said {
  /** Until then nobody takes it up. A person's answer is waited for in `Approvals`. */
  readonly waitsFor?: "budget" | "rate";
  /** Its budget is reserved: the door is asked once more all the same. */
  readonly isReserved?: boolean;
  /** Its rate has let it pass. */
  readonly isPaced?: boolean;
  /** Of a tool call: nobody has been told that it was asked for. */
  readonly isUntold?: boolean;
  /** Of a model call: to whom it goes, and how long its prompt is taken to be. */
  readonly model?: { readonly choice: ModelChoice; readonly inputTokens: number };
}

/** An agent, as the calls of it that have stopped see it. */
interface Holder {
  standings: Map<string, CallStanding> | undefined;
}

export function keepStanding(record: Holder, callId: string, standing: CallStanding): void {
  record.standings ??= new Map();
  record.standings.set(callId, standing);
}

/** Where a call stood that is taken up again; undefined for one that is asked for anew. */
export function takeStanding(record: Holder, callId: string): CallStanding | undefined {
  const { standings } = record;
  const standing = standings?.get(callId);
  if (standings?.delete(callId) && standings.size === 0) record.standings = undefined;
  return standing;
}

/** What a call waited for is there. */
export function endWaiting(
  record: Holder,
  callId: string,
  now: Pick<CallStanding, "isReserved" | "isPaced">,
): void {
  const { waitsFor: _over, ...standing } = takeStanding(record, callId) ?? { approved: false };
  keepStanding(record, callId, { ...standing, ...now });
}
