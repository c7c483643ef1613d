import type { AnsweredYes, CapabilityNode } from "./node.ts";
import type { Rule } from "./rules.ts";

/** Returns the key that a yes is remembered by; a `where` contains no line end. */
export const answerKey = (subject: string, where: string): string => `${where}\n${subject}`;

/** Returns the arguments that a rule applies to, as text; empty for all. */
export const whereOf = ({ conditions }: Rule): string =>
  conditions.length === 0
    ? ""
    : JSON.stringify(
        conditions.map(({ argument, patterns }) => [
          argument,
          ...patterns.map(({ kind, parts }) => [kind, ...parts]),
        ]),
      );

/** Returns the remembered yeses that apply to a node, for any version of the subject. */
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
