import type { Node } from "./node.ts";

/** The suspects of one run: agents one of which froze its host, when it is unknown which. */
export class Quarantine {
  /** Suspects that wait for their turn, with the suspected incarnation; a later one is cleared. */
  readonly waiting = new Map<Node, number>();
  /** Suspects that run alone now and are not cleared yet. */
  readonly open = new Set<Node>();
  /** Agents on a host of their own because of a quarantine; each leaves it after its first step. */
  readonly alone = new Set<Node>();
}
