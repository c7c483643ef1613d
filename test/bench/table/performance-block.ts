import { shown, shownSpread } from "../figure.ts";
import { type Figures, isFailed, labelOf, type Standing } from "../recorded.ts";
import { countMet, goalsTable, machineOf } from "./goals-table.ts";

/** All goals, and what each library took. */
export function performanceBlock(figures: Figures): string {
  return [
    `Measured on ${machineOf(figures)}.`,
    "## Goals",
    `${countMet(figures.goals)}.`,
    goalsTable(figures.goals),
    "## Beside other libraries",
    "500 agents at once:",
    costTable(figures.standings, ({ many }) => many),
    "One agent after another:",
    costTable(figures.standings, ({ one }) => one),
  ].join("\n\n");
}

function costTable(standings: readonly Standing[], of: (one: Standing) => Standing["many"]) {
  const rows = standings.flatMap((standing) => {
    const cost = of(standing);
    const name = labelOf(standing);
    if (cost === null) return [];
    if (isFailed(cost)) return [`| ${name} | not measured: ${cost.failed} | | |`];
    const rate = shown(1_000_000 / cost.us.median);
    return [`| ${name} | ${rate} | ${shownSpread(cost.us)} | ${shownSpread(cost.cpuUs)} |`];
  });
  return [
    "| | turns per second | a turn, us | processor time of a turn, us |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}
