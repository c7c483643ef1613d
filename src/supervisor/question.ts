import { readRaise } from "../authority/budget-options.ts";
import type { Asking } from "../authority/verdict.ts";
import type { CoppiceError } from "../errors.ts";
import type { Node } from "../kernel/node.ts";
import type { Decision, PendingApproval } from "../wire/approval.ts";
import type { Json } from "../wire/json.ts";
import type { Unit } from "../wire/spec.ts";
import type { Swarm } from "./swarm.ts";

/** One thing that a person is asked, and what follows from the answer. */
export interface Question {
  readonly node: Node;
  readonly callId: string;
  readonly kind: PendingApproval["kind"];
  readonly subject: string;
  readonly reason: string;
  readonly input?: Json;
  /** Of a tool: what it was when it was asked about. */
  readonly version?: string | undefined;
  /** Fails with OPTIONS_INVALID for a yes that says nothing usable; the question stays open. */
  readonly check?: (decision: Decision) => void;
  /** What a yes changes beyond the call: remembered rights, a lifted budget. */
  readonly onAllowed: (decision: Decision) => void;
  /** Whether a yes to this one answers another question too; that one only goes on then. */
  readonly covers?: (other: Question, decision: Decision) => boolean;
  readonly goOn: () => void;
  /** Of a tool call: ends it with a person's result; the tool is not run. */
  readonly standIn?: ((decision: Decision) => void) | undefined;
  /** Of a budget: which account and unit. */
  readonly purse?: string;
  readonly onDenied: (error: CoppiceError) => void;
}

/** Has a call ask the door once more, now that a person has said so. */
export type AskAgain = (
  node: Node,
  callId: string,
  allowed: { readonly approved: boolean; readonly version?: string | undefined },
) => void;

/** Which call is asked about. */
export interface CallAsked {
  readonly node: Node;
  readonly callId: string;
  /** Of a tool: what it is now; a yes holds for that alone. */
  readonly version?: string | undefined;
  readonly standIn?: Question["standIn"];
  readonly deny: (error: CoppiceError) => void;
}

/** A refusal by a budget whose owner wants to be asked. */
export interface UsedUp {
  readonly error: CoppiceError;
  readonly unit: Unit;
  readonly asks: string;
  /** Whether a person has allowed the call itself: more money is no such yes. */
  readonly approved: boolean;
}

/** Whether a call may be made that a grant asks about. */
export function callQuestion(swarm: Swarm, asked: CallAsked, asking: Asking, again: AskAgain) {
  const { node, callId, version, standIn, deny } = asked;
  const { subject, reason, input } = asking;
  const question: Question = {
    ...{ node, callId, subject, reason, version, standIn },
    kind: "tool",
    ...(input === undefined ? {} : { input: structuredClone(input) }),
    onAllowed: ({ scope = "once" }) => {
      const { seat } = swarm.recordOf(node);
      if (scope !== "once") swarm.parts.arbiter.remember(seat, subject, scope, version);
    },
    covers: (other, { scope }) =>
      other.kind === "tool" &&
      other.subject === subject &&
      other.version === version &&
      isWithin(other.node, node, scope),
    goOn: () => again(node, callId, { approved: true, version }),
    onDenied: deny,
  };
  return question;
}

/** Whether a budget that is used up is lifted, by the decision's `answer` or by as much again. */
export function budgetQuestion(swarm: Swarm, asked: CallAsked, usedUp: UsedUp, again: AskAgain) {
  const { node, callId, version, standIn, deny } = asked;
  const { error, unit, asks, approved } = usedUp;
  const { limit } = error.details;
  const purse = `${asks} ${unit}`;
  const question: Question = {
    ...{ node, callId, version, standIn },
    kind: "budget",
    subject: `budget:${unit}`,
    reason: error.message,
    input: { ...error.details } as Json,
    check: ({ answer }) => void (answer === undefined || readRaise(unit, answer)),
    onAllowed: ({ answer = Number(limit) || 1 }) => {
      swarm.parts.arbiter.raise(asks, unit, answer as number);
    },
    // The same purse: what was added serves whoever stood before it, as far as it goes.
    covers: (other) => other.kind === "budget" && other.purse === purse,
    purse,
    goOn: () => again(node, callId, { approved, version }),
    onDenied: deny,
  };
  return question;
}

/** True for the agents that a yes of this scope speaks of. */
function isWithin(other: Node, node: Node, scope: Decision["scope"]): boolean {
  if (scope === "always") return true;
  if (scope === "run") return other.top === node.top;
  return scope === "agent" && other === node;
}
