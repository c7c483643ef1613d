import type { Rule } from "./rules.ts";
import type { CapabilityVerdict } from "./verdict.ts";

/** A person's yes that is remembered. */
export interface AnsweredYes {
  readonly subject: string;
  /** The arguments that the rule speaks of which asked, see {@link whereOf}. */
  readonly where: string;
  /** Also for all below the node. */
  readonly below: boolean;
  /** What the subject was when it was given. */
  readonly version?: string | undefined;
  /** The root has taken it back: it answers nothing, and stands where it stood. */
  readonly isVoid?: boolean;
}

/** One node's rights. */
export interface CapabilityNode {
  readonly path: string;
  readonly parent: CapabilityNode | undefined;
  layers: readonly (readonly Rule[])[];
  children: number;
  /** Answers for subjects asked before; good while `epoch` is the state's. */
  known: Map<string, CapabilityVerdict> | undefined;
  epoch: number;
  /** What a person has allowed here, by `answerKey`. */
  answered: Map<string, AnsweredYes> | undefined;
}
