import type { Node } from "./node.ts";

/** Agents one of which froze its host, when nobody knows which. */
export class Trials {
  /** With the incarnation that is suspected: a later one is another. */
  readonly waiting = new Map<Node, number>();
  readonly open = new Set<Node>();
  /** Who lives alone because of a trial, and returns to the others after its first step. */
  readonly alone = new Set<Node>();
}
