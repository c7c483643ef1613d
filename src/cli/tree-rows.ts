import { addTally, type LiveAgent, NO_AGENT, oneOf, type Tally } from "./live-agent.ts";
import { chooseShown } from "./row-choice.ts";

/** A line of the tree: an agent, or the children of one agent that have no line of their own. */
export type TreeRow =
  | { readonly type: "agent"; readonly prefix: string; readonly agent: LiveAgent }
  | { readonly type: "rest"; readonly prefix: string; readonly tally: Tally };

type Rank = (agents: readonly LiveAgent[]) => readonly LiveAgent[];

/** Returns all agents of the tree without the root, each before its children. */
export function allAgents(root: LiveAgent): readonly LiveAgent[] {
  const found: LiveAgent[] = [];
  const left = [...root.children.values()].reverse();
  for (let agent = left.pop(); agent !== undefined; agent = left.pop()) {
    found.push(agent);
    left.push(...[...agent.children.values()].reverse());
  }
  return found;
}

/**
 * Lays a tree out in rows, siblings in the order of their spawns.
 *
 * **Guarantees** at most `most` rows; every agent has a row or is counted by one, as long as `most`
 * is at least 1.
 */
export function rowsOf(root: LiveAgent, most: number, rank: Rank): readonly TreeRow[] {
  const shown = chooseShown(root, rank(allAgents(root)), most);
  const rows: TreeRow[] = [];
  addRows(rows, root, shown, "");
  return rows.slice(0, most);
}

/** Sums up a subtree, its top included unless that is the root. */
export function tallyOf(top: LiveAgent): Tally {
  let sum = addTally(top.folded, top.parent === undefined ? NO_AGENT : oneOf(top));
  for (const child of top.children.values()) sum = addTally(sum, tallyOf(child));
  return sum;
}

function addRows(
  rows: TreeRow[],
  parent: LiveAgent,
  shown: ReadonlySet<LiveAgent>,
  indent: string,
): void {
  let rest = parent.folded;
  const visible: LiveAgent[] = [];
  for (const child of parent.children.values()) {
    if (shown.has(child)) visible.push(child);
    else rest = addTally(rest, tallyOf(child));
  }
  const isTop = parent.parent === undefined;
  for (const [at, agent] of visible.entries()) {
    const isLast = at === visible.length - 1 && rest.agents === 0;
    const prefix = isTop ? "" : `${indent}${isLast ? "└ " : "├ "}`;
    rows.push({ type: "agent", prefix, agent });
    addRows(rows, agent, shown, isTop ? "" : `${indent}${isLast ? "  " : "│ "}`);
  }
  if (rest.agents > 0) rows.push({ type: "rest", prefix: isTop ? "" : `${indent}└ `, tally: rest });
}
