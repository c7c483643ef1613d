import type { Rule } from "./capability-rules.ts";
import type { CapabilityNode } from "./capability-walk.ts";

/** A person's yes that is remembered. */
export interface AnsweredYes {
  readonly subject: string;
  /** The arguments that the rule speaks of which asked, see {@link whereOf}. */
  readonly where: string;
  /** Also for all below the node. */
  readonly below: boolean;
  /** What the subject was when it was given. */
  readonly version?: string | undefined;
}

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
    if (yes !== undefined && (yes.below || node === asking)) yeses.push(yes);
  }
  return yeses;
}
