import { readRaise } from "../authority/budget-options.ts";
import type { Asking, Refused } from "../authority/verdict.ts";
import { keepProgress, type Said } from "../engine/call-progress.ts";
import type { Engine } from "../engine/engine.ts";
import type { Question, UsedUp } from "../engine/question.ts";
import type { CoppiceError } from "../errors.ts";
import type { Node } from "../kernel/node.ts";
import type { Decision } from "../wire/approval.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import type { Unit } from "../wire/spec.ts";

/** A refusal by a person, or for want of an answer in time. */
export interface Denial {
  readonly error: CoppiceError;
  /** Set for a question about a budget; the call is then refused for that budget. */
  readonly usedUp?: UsedUp | undefined;
}

/** The call that a question is about. */
export type CallAsked = Pick<Question, "callId" | "of"> &
  Partial<Pick<Question, "version" | "said">>;

/** A question with the agent that asked it. */
export interface Posed {
  readonly node: Node;
  readonly question: Question;
}

/** A question that was answered, with its agent where that is of the same run. */
export interface Answered {
  readonly node?: Node;
  readonly question: Question;
}

/** The consequences of a yes to one kind of question. */
interface Meaning {
  /** Fails with OPTIONS_INVALID for a yes that says nothing usable; the question stays open. */
  check?(question: Question, decision: Decision): void;
  /** Applies the changes beyond the call: remembered rights, a raised budget. */
  allow(swarm: Engine, posed: Posed, decision: Decision): void;
  /** True when the answer covers another question too, whose call is then only resumed. */
  covers?(answered: Answered, other: Posed, decision: Decision): boolean;
  /** True when the answer may cover questions of other runs. */
  reachesFar?(question: Question, decision: Decision): boolean;
  /** Resumes the call, or settles it with the answer. */
  goOn(swarm: Engine, posed: Posed, decision: Decision): void;
}

/** The `wheres` of a rule that applies to all arguments. */
const EVERY: readonly (string | null)[] = [""];

/** Returns the question that a grant asks: may this call be made? */
export function callQuestion(asked: CallAsked, asking: Asking): Question {
  const { callId, of, version, said = { approved: false } } = asked;
  const { subject, reason, input, wheres = EVERY } = asking;
  const about = { callId, of, subject, reason, version, said, wheres };
  return { ...about, kind: "tool", ...(input === undefined ? {} : { input }) };
}

/**
 * Returns the question that an exhausted budget asks: may it be raised, by the decision's `answer`
 * or else by its own limit once more?
 */
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
      const { standing } = swarm.recordOf(node);
      swarm.parts.arbiter.remember(standing, subject, scope, {
        version,
        ...(wheres && { wheres }),
      });
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
    // The same account: what was added serves every call that waits for it, as far as it goes.
    covers: ({ question: { usedUp } }, { question: { usedUp: other } }) =>
      other !== undefined && other.path === usedUp?.path && other.unit === usedUp.unit,
    // The root's budget, which all runs share.
    reachesFar: ({ usedUp }) => usedUp?.path === "/",
    // A raised budget is not a yes to the call itself.
    goOn: (swarm, { node, question }) => askAgain(swarm, node, question.callId, question.said),
  },
  question: {
    allow: () => undefined,
    goOn(swarm, { node, question }, { answer = null }) {
      swarm.kernel.settleCall(node, question.callId, { isError: false, value: answer });
    },
  },
};

/** Has a call ask the door again, with what a person has said to it. */
function askAgain(swarm: Engine, node: Node, callId: string, said: Said): void {
  if (node.closed) return;
  keepProgress(swarm.recordOf(node), callId, said);
  swarm.kernel.again(node, callId);
}

/** True for the agents that a yes of this scope covers. */
function isWithin(other: Node, node: Node | undefined, scope: Decision["scope"]): boolean {
  if (scope === "always") return true;
  if (scope === "run") return other.top === node?.top;
  return scope === "agent" && other === node;
}
