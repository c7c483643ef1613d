import type { Figures } from "../recorded.ts";
import { chartText } from "./chart.ts";
import { countMet, goalsTable, machineOf } from "./goals-table.ts";

/** The goals that stand in the README: six lines and their head. */
const SHOWN = [
  "turns-vercel",
  "turns-openai-agents",
  "turns-langgraph",
  "processor-threads",
  "processor-inline",
  "cancel",
];

/** The chart, the first goals, and how many there are. */
export function readmeBlock(figures: Figures): string {
  const goals = figures.goals.filter(({ name }) => SHOWN.includes(name));
  return [
    `![${chartText(figures)}](docs/turns.svg)`,
    goalsTable(goals),
    `${countMet(figures.goals)}; all of them, and why some are missed, are in ` +
      `[docs/performance.md](docs/performance.md). ${machineOf(figures)}.`,
  ].join("\n\n");
}
