import type { AnsweredYes, CapabilityNode } from "./node.ts";
import type { Rule } from "./rules.ts";

/** Under which a yes is remembered: no `where` has a line end in it. */
export const answerKey = (subject: string, where: string): string => `${where}\n${subject}`;

/** The arguments that a rule speaks of, as text; empty for all. */
export const whereOf = ({ conditions }: Rule): string =>
  conditions.length === 0
    ? ""
    : JSON.stringify(
        conditions.map(({ argument, patterns }) => [
          argument,
          ...patterns.map(({ kind, parts }) => [kind, ...parts]),
        ]),
      );

/** The remembered answers that speak of a node, whatever the subject was then. */
export function yesesFor(
  asking: CapabilityNode,
  subject: string,
  where: string,
): readonly AnsweredYes[] {
  const yeses: AnsweredYes[] = [];
  const key = answerKey(subject, where);
  for (let node: CapabilityNode | undefined = asking; node !== undefined; node = node.parent) {
    const yes = node.answered?.get(key);
    if (yes !== undefined && !yes.isVoid && (yes.below || node === asking)) yeses.push(yes);
  }
  return yeses;
}
