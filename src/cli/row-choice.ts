import { kindOf, type LiveAgent } from "./live-agent.ts";

/** The rank of each kind of agent when lines are few: a lower number gets a line first. */
const URGENCY: Readonly<Record<string, number>> = {
  working: 0,
  running: 0,
  starting: 0,
  stopping: 0,
  waiting: 1,
  failed: 2,
  killed: 2,
  exhausted: 2,
  "timed-out": 2,
  paused: 3,
  completed: 4,
  cancelled: 4,
};

/**
 * Chooses the agents with a line of their own, within a bound on all lines: each agent shown needs
 * its ancestors, and each of those one more line that counts the children left out.
 */
export function chooseShown(
  root: LiveAgent,
  ranked: readonly LiveAgent[],
  most: number,
): ReadonlySet<LiveAgent> {
  const shown = new Set([root]);
  const hidden = new Map([[root, childrenOf(root)]]);
  let lines = childrenOf(root) > 0 ? 1 : 0;
  for (const agent of ranked) {
    const chain: LiveAgent[] = [];
    let above: LiveAgent = agent;
    for (; !shown.has(above); above = above.parent as LiveAgent) chain.unshift(above);
    if (chain.length === 0) continue;
    const left = chain.map((one) => childrenOf(one) - (one === agent ? 0 : 1));
    const counting = left.filter((count) => count > 0).length;
    const freed = hidden.get(above) === 1 ? 1 : 0;
    const more = chain.length + counting - freed;
    if (lines + more > most) continue;
    lines += more;
    hidden.set(above, (hidden.get(above) as number) - 1);
    for (const [at, one] of chain.entries()) {
      shown.add(one);
      hidden.set(one, left[at] as number);
    }
  }
  return shown;
}

/**
 * Ranks agents: those awaiting approval first, then those at work, those not yet started last;
 * within a rank the busiest and the newest alternate.
 */
export function byUrgency(agents: readonly LiveAgent[]): readonly LiveAgent[] {
  const classes = new Map<number, LiveAgent[]>();
  for (const agent of agents) {
    const urgency = agent.waitsFor === "approval" ? -1 : (URGENCY[kindOf(agent)] ?? 5);
    const same = classes.get(urgency);
    if (same === undefined) classes.set(urgency, [agent]);
    else same.push(agent);
  }
  const sorted = [...classes].sort(([a], [b]) => a - b);
  return sorted.flatMap(([, same]) => {
    const newest = same.toSorted((a, b) => b.order - a.order);
    const busiest = newest.toSorted((a, b) => callsOf(b) - callsOf(a));
    return busiest.flatMap((agent, at) => [agent, newest[at] as LiveAgent]);
  });
}

/** Sorts agents by cost, the highest first. */
export function byCost(agents: readonly LiveAgent[]): readonly LiveAgent[] {
  return agents.toSorted(
    (a, b) => b.figures.usd - a.figures.usd || callsOf(b) - callsOf(a) || a.order - b.order,
  );
}

/** Counts children; folded ones count as one child that is never shown. */
function childrenOf({ children, folded }: LiveAgent): number {
  return children.size + (folded.agents > 0 ? 1 : 0);
}

function callsOf({ figures }: LiveAgent): number {
  return figures.modelCalls + figures.toolCalls;
}
