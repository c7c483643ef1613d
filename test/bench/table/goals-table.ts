import { isMet, type Spread, shown, shownTarget, verdict } from "../figure.ts";
import { type Figures, isFailed, type Recorded } from "../recorded.ts";

/** The goals with what was found of each, as a table. */
export function goalsTable(goals: readonly Recorded[]): string {
  return [
    "| what | found | goal |",
    "| --- | --- | --- |",
    ...goals.map((goal) => {
      return `| ${goal.what} | ${foundOf(goal)} | ${shownTarget(goal.target)}: ${answerOf(goal)} |`;
    }),
  ].join("\n");
}

/** How many goals there are, and how many of them are met. */
export function countMet(goals: readonly Recorded[]): string {
  const met = goals.filter(({ found, target }) => !isFailed(found) && isMet(found.median, target));
  return `${met.length} of ${goals.length} goals are met`;
}

/** The middle with its unit, and the tenth and the ninetieth percentile. */
export function shownFound({ p10, median, p90 }: Spread, unit: string): string {
  return `${shown(median)} ${unit} (${shown(p10)} to ${shown(p90)})`;
}

/** What it was measured on, and when. */
export function machineOf({ cores, node, load, day, isShort }: Figures): string {
  const first = isShort ? ", in few rounds, for a first look" : "";
  return `${cores} cores, Node ${node}, load average ${shown(load)}, ${day}${first}`;
}

function foundOf({ found, unit }: Recorded): string {
  return isFailed(found) ? `not measured: ${found.failed}` : shownFound(found, unit);
}

function answerOf({ found, target }: Recorded): string {
  return isFailed(found) ? "open" : verdict(found.median, target);
}
