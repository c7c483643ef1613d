import type { Fact } from "./fact.ts";
import type { Node, Refusals } from "./node.ts";
import type { Tree } from "./tree.ts";

/** Milliseconds without a refusal after which the next one counts as the first. */
const QUIET_MS = 60_000;

/** The minimum interval in milliseconds between an event and the one for the rest of a burst. */
const REST_MS = 1_000;

/** Kinds of refusal that one node counts apart; further kinds share one count. */
const MAX_KEPT_KINDS = 256;

/** The count to which a refusal belongs. */
export interface Refusing {
  /** The node that keeps the count: the receiver of a message, or the agent that asked. */
  readonly keeper: Node;
  /** The kind of the refusal; refusals of one kind are counted together. */
  readonly kind: string;
  /** The number of refusals that get an event each before they are counted. */
  readonly singly: number;
}

/**
 * Reports a refusal that an agent can cause at will. The first ones get an event each, later ones
 * only when their count has doubled; `count` is the number of refusals that an event stands for. A
 * million refusals are thus about twenty events, and leave room for others in the journal.
 */
export function tellRefusal(tree: Tree, refusing: Refusing, fact: Fact): void {
  const due = countRefusal(tree, refusing, fact);
  if (due !== undefined) tree.emit({ type: "fact", fact: due });
}

/** Counts a refusal and returns the event that is due for it, if any; the caller reports it. */
export function countRefusal(tree: Tree, refusing: Refusing, fact: Fact): Fact | undefined {
  const known = entryOf(tree, refusing.keeper, refusing.kind);
  known.about = fact.type === "letter.dead" ? withoutLetter(fact) : fact;
  known.count += 1;
  known.lastAt = tree.now;
  if (!isDue(known, refusing.singly)) return undefined;
  return taken(tree, known, fact);
}

/** A letter may be large, and the event for the rest of a burst stands for many. */
function withoutLetter({ message: _letter, ...about }: Fact): Fact {
  return about as Fact;
}

/** True when one more refusal would be reported. */
export function tellsNext(tree: Tree, { keeper, kind, singly }: Refusing): boolean {
  const known = keeper.refusals?.get(keyOf(keeper, kind));
  if (known === undefined || tree.now - known.lastAt > QUIET_MS) return true;
  return isDue({ ...known, count: known.count + 1 }, singly);
}

function isDue({ count, reported }: Refusals, singly: number): boolean {
  return count <= singly || count >= 2 * reported;
}

/** Reports the refusals of one node that no event has reported yet, after a burst. */
export function tellRest(tree: Tree, keeper: Node, isOver = false): void {
  for (const known of keeper.refusals?.values() ?? []) {
    if (known.reported === known.count) continue;
    if (isOver || tree.now - known.reportedAt >= REST_MS) tellRestOf(tree, known);
  }
}

function tellRestOf(tree: Tree, known: Refusals): void {
  tree.emit({ type: "fact", fact: taken(tree, known, known.about) });
}

/** Returns the event for all unreported refusals, and counts them as reported. */
function taken(tree: Tree, known: Refusals, fact: Fact): Fact {
  const count = known.count - known.reported;
  known.reported = known.count;
  known.reportedAt = tree.now;
  return count === 1 ? fact : { ...fact, count };
}

function keyOf({ refusals }: Node, kind: string): string {
  return refusals === undefined || refusals.has(kind) || refusals.size < MAX_KEPT_KINDS ? kind : "";
}

function entryOf(tree: Tree, keeper: Node, kind: string): Refusals {
  keeper.refusals ??= new Map();
  const key = keyOf(keeper, kind);
  const known = keeper.refusals.get(key);
  if (known !== undefined && tree.now - known.lastAt <= QUIET_MS) return known;
  if (known !== undefined && known.reported < known.count) tellRestOf(tree, known);
  const fresh: Refusals = {
    count: 0,
    reported: 0,
    reportedAt: tree.now,
    lastAt: tree.now,
    about: { type: "", path: "" },
  };
  keeper.refusals.set(key, fresh);
  return fresh;
}
