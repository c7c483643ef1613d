import type { AgentRequest } from "../kernel/calls.ts";
import type { PendingApproval } from "../wire/approval.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import type { Unit } from "../wire/spec.ts";
import type { Said } from "./call-progress.ts";

/** A question to a person: plain data. Its kind determines what follows from the answer. */
export interface Question {
  readonly callId: string;
  /** The type of the call. */
  readonly of: AgentRequest["type"];
  readonly kind: PendingApproval["kind"];
  readonly subject: string;
  readonly reason: string;
  readonly input?: Json;
  /** The version of a tool at the question; an approval holds for that version alone. */
  readonly version?: string | undefined;
  /** The person's earlier approval of the call. */
  readonly said: Said;
  /** The arguments that each of the asking rules covers (its `where`), for a call. */
  readonly wheres?: readonly (string | null)[];
  /** The account that is used up, for a budget. */
  readonly usedUp?: UsedUp;
}

/** A used-up budget whose owner is asked before a refusal is final. */
export interface UsedUp {
  /** The path of the account. */
  readonly path: string;
  readonly unit: Unit;
  /** The error of the refusal. */
  readonly error: WireError;
}
