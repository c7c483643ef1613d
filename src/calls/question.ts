import { readRaise } from "../authority/budget-options.ts";
import type { Asking, Refused } from "../authority/verdict.ts";
import { keepStanding, type Said } from "../engine/call-standing.ts";
import type { Engine } from "../engine/engine.ts";
import type { Question, UsedUp } from "../engine/question.ts";
import type { CoppiceError } from "../errors.ts";
import type { Node } from "../kernel/node.ts";
import type { Decision } from "../wire/approval.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import type { Unit } from "../wire/spec.ts";

/** A person has not said yes to a call, or nobody has in time. */
export interface Denial {
  readonly error: CoppiceError;
  /** Where more of a budget was asked for: that is what the call is refused for then. */
  readonly usedUp?: UsedUp | undefined;
}

/** Which call is asked about. */
export type CallAsked = Pick<Question, "callId" | "of"> &
  Partial<Pick<Question, "version" | "said">>;

/** A question, and whose it is. */
export interface Posed {
  readonly node: Node;
  readonly question: Question;
}

/** A question that was answered, and whose it is where that is one of the same run. */
export interface Answered {
  readonly node?: Node;
  readonly question: Question;
}

/** What follows from a yes to one kind of question. */
interface Meaning {
  /** Fails with OPTIONS_INVALID for a yes that says nothing usable; the question stays open. */
  check?(question: Question, decision: Decision): void;
  /** What it changes beyond the call: remembered rights, a lifted budget. */
  allow(swarm: Engine, posed: Posed, decision: Decision): void;
  /** Whether it answers another question too; that one only goes on then. */
  covers?(answered: Answered, other: Posed, decision: Decision): boolean;
  /** Whether it may answer questions of other runs. */
  reachesFar?(question: Question, decision: Decision): boolean;
  /** The call itself. */
  goOn(swarm: Engine, posed: Posed, decision: Decision): void;
}

/** The arguments of a rule that speaks of all of them. */
const EVERY: readonly (string | null)[] = [""];

/** Whether a call may be made that a grant asks about. */
export function callQuestion(asked: CallAsked, asking: Asking): Question {
  const { callId, of, version, said = { approved: false } } = asked;
  const { subject, reason, input, wheres = EVERY } = asking;
  const about = { callId, of, subject, reason, version, said, wheres };
  return { ...about, kind: "tool", ...(input === undefined ? {} : { input }) };
}

/** Whether a budget that is used up is lifted, by the decision's `answer` or by as much again. */
export function budgetQuestion(
  asked: CallAsked,
  { error, unit, asks: path }: Refused & { readonly unit: Unit; readonly asks: string },
): Question {
  const { callId, of, version, said = { approved: false } } = asked;
  return {
    ...{ callId, of, version, said },
    kind: "budget",
    subject: `budget:${unit}`,
    reason: error.message,
    input: { ...error.details } as Json,
    usedUp: { path, unit, error: encodeError(error, "BUDGET_EXCEEDED") },
  };
}

export const meanings: Readonly<Record<Question["kind"], Meaning>> = {
  tool: {
    allow(swarm, { node, question }, { scope = "once" }) {
      const { subject, version, wheres } = question;
      const { seat } = swarm.recordOf(node);
      swarm.parts.arbiter.remember(seat, subject, scope, { version, ...(wheres && { wheres }) });
    },
    covers({ node, question }, { node: waiting, question: other }, { scope }) {
      const { subject, version, wheres = EVERY } = question;
      return (
        other.kind === "tool" &&
        other.subject === subject &&
        other.version === version &&
        other.wheres?.every((where) => where !== null && wheres.includes(where)) === true &&
        isWithin(waiting, node, scope)
      );
    },
    reachesFar: (_question, { scope }) => scope === "always",
    goOn(swarm, { node, question }) {
      const { callId, version, input: allowed, said } = question;
      const now = { approved: true, version, allowed, outdated: said.outdated };
      askAgain(swarm, node, callId, now);
    },
  },
  budget: {
    check({ usedUp }, { answer }) {
      if (answer !== undefined && usedUp !== undefined) readRaise(usedUp.unit, answer);
    },
    allow(swarm, { question: { usedUp } }, { answer }) {
      if (usedUp === undefined) return;
      const { path, unit, error } = usedUp;
      const more = answer ?? (Number(error.details.limit) || 1);
      swarm.parts.arbiter.raise(path, unit, more as number);
    },
    // The same account: what was added serves whoever stood before it, as far as it goes.
    covers: ({ question: { usedUp } }, { question: { usedUp: other } }) =>
      other !== undefined && other.path === usedUp?.path && other.unit === usedUp.unit,
    // The budget of all.
    reachesFar: ({ usedUp }) => usedUp?.path === "/",
    // More money is no yes to the call itself.
    goOn: (swarm, { node, question }) => askAgain(swarm, node, question.callId, question.said),
  },
  question: {
    allow: () => undefined,
    goOn(swarm, { node, question }, { answer = null }) {
      swarm.kernel.settleCall(node, question.callId, { isError: false, value: answer });
    },
  },
};

/** Has a call ask the door once more, now that a person has said so. */
function askAgain(swarm: Engine, node: Node, callId: string, said: Said): void {
  if (node.closed) return;
  keepStanding(swarm.recordOf(node), callId, said);
  swarm.kernel.again(node, callId);
}

/** True for the agents that a yes of this scope speaks of. */
function isWithin(other: Node, node: Node | undefined, scope: Decision["scope"]): boolean {
  if (scope === "always") return true;
  if (scope === "run") return other.top === node?.top;
  return scope === "agent" && other === node;
}
