import { readRaise } from "../authority/budget-options.ts";
import type { Asking } from "../authority/verdict.ts";
import type { Engine } from "../engine/engine.ts";
import type { CoppiceError } from "../errors.ts";
import type { Node } from "../kernel/node.ts";
import type { Decision, PendingApproval } from "../wire/approval.ts";
import type { Json } from "../wire/json.ts";
import type { Unit } from "../wire/spec.ts";

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
  /** Of a call: the arguments that each rule speaks of which asks. */
  readonly wheres?: readonly (string | null)[];
  readonly onDenied: (error: CoppiceError) => void;
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

/** Has a call ask the door once more, now that a person has said so. */
export type AskAgain = (node: Node, callId: string, said: Said) => void;

/** Which call is asked about. */
export interface CallAsked {
  readonly node: Node;
  readonly callId: string;
  /** Of a tool: what it is now; a yes holds for that alone. */
  readonly version?: string | undefined;
  readonly said?: Said | undefined;
  readonly standIn?: Question["standIn"];
  readonly deny: (error: CoppiceError) => void;
}

/** A refusal by a budget whose owner wants to be asked. */
export interface UsedUp {
  readonly error: CoppiceError;
  readonly unit: Unit;
  readonly asks: string;
  /** Whether a person has allowed the call itself: more money is no such yes. */
  readonly said: Said;
}

/** The arguments of a rule that speaks of all of them. */
const EVERY: readonly (string | null)[] = [""];

/** Whether a call may be made that a grant asks about. */
export function callQuestion(swarm: Engine, asked: CallAsked, asking: Asking, again: AskAgain) {
  const { node, callId, version, said, standIn, deny } = asked;
  const { subject, reason, input, wheres = EVERY } = asking;
  const question: Question = {
    ...{ node, callId, subject, reason, version, wheres, standIn },
    kind: "tool",
    ...(input === undefined ? {} : { input }),
    onAllowed: ({ scope = "once" }) => {
      const { seat } = swarm.recordOf(node);
      swarm.parts.arbiter.remember(seat, subject, scope, { version, wheres });
    },
    covers: (other, { scope }) =>
      other.kind === "tool" &&
      other.subject === subject &&
      other.version === version &&
      other.wheres?.every((where) => where !== null && wheres.includes(where)) === true &&
      isWithin(other.node, node, scope),
    goOn: () =>
      again(node, callId, {
        ...{ approved: true, version, allowed: input, outdated: said?.outdated },
      }),
    onDenied: deny,
  };
  return question;
}

/** Whether a budget that is used up is lifted, by the decision's `answer` or by as much again. */
export function budgetQuestion(swarm: Engine, asked: CallAsked, usedUp: UsedUp, again: AskAgain) {
  const { node, callId, version, standIn, deny } = asked;
  const { error, unit, asks, said } = usedUp;
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
    goOn: () => again(node, callId, said),
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
