import type { Fact } from "./fact.ts";
import type { Node, Refusals } from "./node.ts";
import type { Tree } from "./tree.ts";

/** After so long without one, the next refusal is the first again. */
const QUIET_MS = 60_000;

/** What is left to tell when a burst seems over is told this often at most. */
const REST_MS = 1_000;

/** Different refusals that one node tells apart; what is beyond is counted together. */
const KINDS_KEPT = 256;

export interface Refusing {
  /** The node that keeps the count: the receiver of a letter, or who asked for something. */
  readonly keeper: Node;
  /** Which refusals are counted together. */
  readonly kind: string;
  /** How many have an event each before they are counted. */
  readonly singly: number;
}

/**
 * Tells a refusal that a loop can cause at will: the first ones by themselves, then only at
 * doubling counts, with `count` for how many that event stands for. So a million of them are some
 * twenty facts, and what else happened stays in the journal.
 */
export function tellRefusal(tree: Tree, refusing: Refusing, fact: Fact): void {
  const due = countRefusal(tree, refusing, fact);
  if (due !== undefined) tree.emit({ type: "fact", fact: due });
}

/** Counts one, for who tells it by itself: the fact that is due, or undefined where none is. */
export function countRefusal(tree: Tree, refusing: Refusing, fact: Fact): Fact | undefined {
  const known = entryOf(tree, refusing.keeper, refusing.kind);
  const { message: _, ...about } = fact;
  known.about = about as Fact;
  known.count += 1;
  known.lastAt = tree.now;
  if (!isDue(known, refusing.singly)) return undefined;
  return taken(tree, known, fact);
}

/** Whether one more would be told. */
export function tellsNext(tree: Tree, { keeper, kind, singly }: Refusing): boolean {
  const known = keeper.refusals?.get(keyOf(keeper, kind));
  if (known === undefined || tree.now - known.lastAt > QUIET_MS) return true;
  return isDue({ ...known, count: known.count + 1 }, singly);
}

function isDue({ count, told }: Refusals, singly: number): boolean {
  return count <= singly || count >= 2 * told;
}

/** Tells what is left to tell of one node, because its refusals seem to be over. */
export function tellRest(tree: Tree, keeper: Node, isOver = false): void {
  for (const known of keeper.refusals?.values() ?? []) {
    if (known.told === known.count) continue;
    if (isOver || tree.now - known.toldAt >= REST_MS) tellRestOf(tree, known);
  }
}

function tellRestOf(tree: Tree, known: Refusals): void {
  tree.emit({ type: "fact", fact: taken(tree, known, known.about) });
}

/** The fact for all that were not told. */
function taken(tree: Tree, known: Refusals, fact: Fact): Fact {
  const count = known.count - known.told;
  known.told = known.count;
  known.toldAt = tree.now;
  return count === 1 ? fact : { ...fact, count };
}

function keyOf({ refusals }: Node, kind: string): string {
  return refusals === undefined || refusals.has(kind) || refusals.size < KINDS_KEPT ? kind : "";
}

function entryOf(tree: Tree, keeper: Node, kind: string): Refusals {
  keeper.refusals ??= new Map();
  const key = keyOf(keeper, kind);
  const known = keeper.refusals.get(key);
  if (known !== undefined && tree.now - known.lastAt <= QUIET_MS) return known;
  if (known !== undefined && known.told < known.count) tellRestOf(tree, known);
  const fresh: Refusals = {
    count: 0,
    told: 0,
    toldAt: tree.now,
    lastAt: tree.now,
    about: { type: "", path: "" },
  };
  keeper.refusals.set(key, fresh);
  return fresh;
}
