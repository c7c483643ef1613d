import type { AgentRequest } from "../kernel/calls.ts";
import type { PendingApproval } from "../wire/approval.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import type { Unit } from "../wire/spec.ts";
import type { Said } from "./call-standing.ts";

/** One thing that a person is asked: plain data. What follows from the answer, its kind knows. */
export interface Question {
  readonly callId: string;
  /** What the call asks for. */
  readonly of: AgentRequest["type"];
  readonly kind: PendingApproval["kind"];
  readonly subject: string;
  readonly reason: string;
  readonly input?: Json;
  /** Of a tool: what it was when it was asked about; a yes holds for that alone. */
  readonly version?: string | undefined;
  /** What a person had said to the call before. */
  readonly said: Said;
  /** Of a call: the arguments that each rule speaks of which asks. */
  readonly wheres?: readonly (string | null)[];
  /** Of a budget that is used up. */
  readonly usedUp?: UsedUp;
}

/** A budget whose owner wants to be asked before a refusal of it is final. */
export interface UsedUp {
  /** The account. */
  readonly path: string;
  readonly unit: Unit;
  /** The refusal. */
  readonly error: WireError;
}
