import type { Finding, WantedArgument } from "./arguments.ts";

export interface CapabilityPermitted {
  readonly status: "permitted";
  /** Set when a limit on the path counts uses; a `use` request counts them. */
  readonly counts?: true;
}

/** The grant that the request would have needed. */
export interface Lack {
  readonly type: "argument" | "uses" | "expired" | "revoked";
  readonly grant: string;
  readonly finding?: Finding;
  readonly uses?: number;
}

export interface CapabilityDenied {
  readonly status: "denied";
  /** The node that refused, nearest to the asking one. */
  readonly node: string;
  readonly subject: string;
  /** The deny that matched; left out when no grant allowed the request. */
  readonly deny?: string;
  /** The argument that a deny with `where` matched. */
  readonly finding?: Finding;
  /** The nearest miss, when a grant names the subject and does not apply to this request. */
  readonly lack?: Lack;
}

/** An answer for a request that is allowed, and that a person must allow too. */
export interface CapabilityAsking {
  readonly status: "ask";
  /** The nodes that ask, the nearest first. */
  readonly nodes: readonly string[];
  readonly subject: string;
  /** The grant that asks first. */
  readonly grant: string;
  /**
   * The arguments of each rule that asks; left out, all arguments. A remembered yes applies to
   * these alone; where one is null, no remembered yes applies.
   */
  readonly wheres?: readonly (string | null)[];
  /** True when a yes is remembered for an earlier version of the subject. */
  readonly changed?: true;
}

/** An answer that depends on {@link Facts}: ask again with the time and these arguments. */
export interface CapabilityDepends {
  readonly status: "depends";
  readonly wanted: readonly WantedArgument[];
}

export type CapabilityVerdict =
  | CapabilityPermitted
  | CapabilityDenied
  | CapabilityAsking
  | CapabilityDepends;
