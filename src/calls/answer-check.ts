import type { Question } from "../engine/question.ts";
import { CoppiceError } from "../errors.ts";
import type { Decision } from "../wire/approval.ts";
import { meanings } from "./question.ts";

interface Open {
  readonly asked: { readonly id: string; readonly kind: Question["kind"] };
  readonly question: Question;
}

/** Fails with OPTIONS_INVALID when a decision does not answer its question. */
export function checkAnswer({ asked, question }: Open, decision: Decision): void {
  if (decision.result !== undefined) checkStandIn(asked, question, decision);
  else if (decision.allow) meanings[question.kind].check?.(question, decision);
}

function checkStandIn({ id, kind }: Open["asked"], { of }: Question, decision: Decision): void {
  const wrong = (why: string): CoppiceError =>
    new CoppiceError("OPTIONS_INVALID", `the approval "${id}" cannot have this result: ${why}`);
  if (of !== "tool") {
    throw wrong(`it is about no tool call${kind === "question" ? "; give an `answer`" : ""}`);
  }
  if (!decision.allow) throw wrong("a refusal has none; give a `reason`");
  if ((decision.scope ?? "once") !== "once") {
    throw wrong("it stands in for this call alone; leave `scope` out");
  }
}
