import { duration } from "./amounts.ts";
import { addFigures, type Figures, NO_FIGURES } from "./figures.ts";
import { kindOf } from "./live-agent.ts";
import type { LiveTree } from "./live-tree.ts";
import { byCost } from "./row-choice.ts";
import { cut, cutMiddle, toLeft, toRight, widthOf } from "./text-width.ts";
import { rowsOf, type TreeRow, tallyOf } from "./tree-rows.ts";

/** The most agents with a line in the summary; the others are counted together. */
const MAX_AGENTS = 30;
const MAX_MODELS = 20;

type Cells = readonly string[];

const HEAD = ["calls", "tools", "in", "cached", "out", "dollars"] as const;
/** Columns in the order in which they are dropped: cached, time, tools, ended, calls, out, in. */
const SPARED = [6, 2, 4, 1, 3, 7, 5] as const;

/**
 * Returns the cost of a run, by agent and by model, as aligned lines no wider than `columns`.
 *
 * **Guarantees** the lines by agent add up to the total, and so do the lines by model.
 */
export function costLines(tree: LiveTree, columns: number): readonly string[] {
  const agents = rowsOf(tree.root, MAX_AGENTS, byCost).map(agentCells);
  const models = modelCells(tree.models);
  const total = ["total", "", "", ...numbersOf(tallyOf(tree.root).figures)];
  const lines: Cells[] = [
    ["agent", "ended", "time", ...HEAD],
    ...agents,
    ["model", "", "", ...HEAD.map((name) => (name === "tools" ? "" : name))],
    ...models,
    total,
  ];
  return align(lines, columns);
}

function agentCells(row: TreeRow): Cells {
  if (row.type === "rest") {
    const { tally, prefix } = row;
    return [`${prefix}+${tally.agents} more`, "", "", ...numbersOf(tally.figures)];
  }
  const { agent, prefix } = row;
  const { startedAt, endedAt, name, figures } = agent;
  const isTimed = startedAt !== undefined && endedAt !== undefined;
  const time = isTimed ? duration(endedAt - startedAt) : "";
  return [`${prefix}${name}`, kindOf(agent), time, ...numbersOf(figures)];
}

function modelCells(models: ReadonlyMap<string, Figures>): readonly Cells[] {
  const sorted = [...models].sort(([, a], [, b]) => b.usd - a.usd || b.modelCalls - a.modelCalls);
  const rest = sorted.slice(MAX_MODELS).map(([, figures]) => figures);
  const shown = sorted.slice(0, MAX_MODELS);
  if (rest.length > 0) shown.push([`+${rest.length} more`, rest.reduce(addFigures, NO_FIGURES)]);
  // Tool calls belong to agents, not to models.
  return shown.map(([name, figures]) => [name, "", "", ...numbersOf(figures)].with(4, ""));
}

function numbersOf(figures: Figures): Cells {
  const { modelCalls, toolCalls, inputTokens, cachedTokens, outputTokens, usd } = figures;
  const counts = [modelCalls, toolCalls, inputTokens, cachedTokens, outputTokens];
  return [...counts.map((count) => count.toLocaleString("en-US")), `$${usd.toFixed(4)}`];
}

/** Aligns the first two columns left and numbers right; columns without room are dropped. */
function align(lines: readonly Cells[], columns: number): readonly string[] {
  const kept = new Set(lines[0]?.keys());
  const widths = [...kept].map((at) => Math.max(...lines.map((cells) => widthOf(cells[at] ?? ""))));
  const taken = () => [...kept].reduce((sum, at) => sum + (widths[at] as number) + 2, -2);
  for (const at of SPARED) {
    const needed = taken() - (widths[0] as number) + Math.min(12, widths[0] as number);
    if (needed <= columns) break;
    kept.delete(at);
  }
  widths[0] = Math.max(1, Math.min(widths[0] as number, columns - taken() + (widths[0] as number)));
  return lines.map((cells) => {
    const laid = [...kept].map((at) => {
      const width = widths[at] as number;
      if (at === 0) return toLeft(cutMiddle(cells[at] ?? "", width), width);
      return at < 2 ? toLeft(cells[at] ?? "", width) : toRight(cells[at] ?? "", width);
    });
    return cut(laid.join("  ").trimEnd(), columns);
  });
}
