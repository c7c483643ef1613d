import type { Rule } from "./rules.ts";
import type { CapabilityVerdict } from "./verdict.ts";

/** A remembered yes of a person. */
export interface AnsweredYes {
  readonly subject: string;
  /** The arguments of the rule that asked, see {@link whereOf}. */
  readonly where: string;
  /** True when it also applies to all below the node. */
  readonly below: boolean;
  /** The version of the subject when the yes was given. */
  readonly version?: string | undefined;
  /** True when the root has revoked it: it answers nothing, and keeps its position. */
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
  /** The yeses that a person has given here, by `answerKey`. */
  answered: Map<string, AnsweredYes> | undefined;
}
