import type { Finding, WantedArgument } from "./arguments.ts";

export interface CapabilityPermitted {
  readonly status: "permitted";
  /** Uses are limited somewhere on the path: they are counted by a `use` request. */
  readonly counts?: true;
}

/** The grant that would have been needed, had it held. */
export interface Lack {
  readonly type: "argument" | "uses" | "expired" | "revoked";
  readonly grant: string;
  readonly finding?: Finding;
  readonly uses?: number;
}

export interface CapabilityDenied {
  readonly status: "denied";
  /** The node that said no, nearest to the asking one. */
  readonly node: string;
  readonly subject: string;
  /** The deny that matched; left out when no grant allowed it. */
  readonly deny?: string;
  /** Where the deny is one of arguments: which one it met. */
  readonly finding?: Finding;
  /** The nearest miss, when a grant names the subject and does not hold for this request. */
  readonly lack?: Lack;
}

/** Everything allows it, and a person has to say so as well. */
export interface CapabilityAsking {
  readonly status: "ask";
  /** The nodes that ask, the nearest first. */
  readonly nodes: readonly string[];
  readonly subject: string;
  /** The grant that asks first. */
  readonly grant: string;
  /**
   * The arguments that each rule speaks of which asks; left out, all of them. A yes that is
   * remembered holds for these alone, and null for none.
   */
  readonly wheres?: readonly (string | null)[];
  /** A yes is remembered for what the subject was before it changed. */
  readonly changed?: true;
}

/** Ask again with {@link Facts}: the time, and these arguments. */
export interface CapabilityDepends {
  readonly status: "depends";
  readonly wanted: readonly WantedArgument[];
}

export type CapabilityVerdict =
  | CapabilityPermitted
  | CapabilityDenied
  | CapabilityAsking
  | CapabilityDepends;
