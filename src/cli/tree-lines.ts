import { styleText } from "node:util";
import { duration } from "./amounts.ts";
import { kindOf, type LiveAgent, type Tally } from "./live-agent.ts";
import { byUrgency } from "./row-choice.ts";
import { TreeColumns } from "./tree-columns.ts";
import { rowsOf, type TreeRow, tallyOf } from "./tree-rows.ts";

/** The size of the terminal that shows the tree. */
export interface TreeShape {
  readonly columns: number;
  /** Rows of the whole terminal; a quarter is left for the lines above the tree. */
  readonly rows: number;
  readonly colours: boolean;
}

type Style = "reset" | "dim" | "green" | "yellow" | "red" | "bold";

const styles: Readonly<Record<string, Style>> = {
  completed: "green",
  failed: "red",
  killed: "red",
  exhausted: "red",
  "timed-out": "red",
  cancelled: "yellow",
  stopping: "yellow",
  queued: "dim",
  paused: "dim",
};

/** The groups that kinds are merged into when there is little room, the most urgent first. */
const GROUPS: Readonly<Record<string, string>> = {
  working: "busy",
  running: "busy",
  starting: "busy",
  stopping: "busy",
  waiting: "waiting",
  failed: "failed",
  killed: "failed",
  exhausted: "failed",
  "timed-out": "failed",
  paused: "paused",
  queued: "queued",
  completed: "done",
  cancelled: "done",
};
const TOLD_FIRST = ["busy", "waiting", "failed", "paused", "queued", "done"];

const HEAD = [
  { prefix: "", name: "agent", state: "state", doing: "doing" },
  { models: "model", tools: "tools", cost: "cost", time: "time" },
] as const;

/**
 * Lays the tree out as lines: a head, the agents, and a total.
 *
 * **Guarantees** fewer lines than the terminal has rows (but at least one), each narrower than it;
 * every agent has a line or is counted by one.
 * @param now milliseconds, of the clock that timed the events
 * @param from the time of the first event
 */
export function treeLines(
  root: LiveAgent,
  { now, from }: { readonly now: number; readonly from: number },
  { columns, rows, colours }: TreeShape,
): readonly string[] {
  const most = Math.max(1, Math.floor((rows - 1) * 0.75));
  const table = new TreeColumns(columns - 1);
  const paint = (style: Style, line: string): string =>
    colours && style !== "reset" ? styleText(style, line, { validateStream: false }) : line;
  const total = tallyOf(root);
  const foot = table.across(
    countings("", total),
    table.numbers(total.figures, duration(now - from)),
  );
  const head = most < 6 ? [] : [paint("dim", table.line(...HEAD))];
  const left = most - head.length - 1;
  const lines = left < 1 ? [] : rowsOf(root, left, byUrgency);
  const painted = lines.map((row) => paint(styleOf(row), rowLine(row, table, now)));
  return [...head, ...painted, paint("bold", foot)];
}

function rowLine(row: TreeRow, table: TreeColumns, now: number): string {
  if (row.type === "rest") {
    return table.across(
      countings(`${row.prefix}+`, row.tally),
      table.numbers(row.tally.figures, ""),
    );
  }
  const { agent, prefix } = row;
  const { name, state, figures, startedAt, endedAt = now } = agent;
  const time = startedAt === undefined ? "" : duration(endedAt - startedAt);
  const about = { prefix, name, state, doing: doingOf(agent) };
  return table.line(about, table.numbers(figures, time));
}

/** Returns an agent's activity, or what it waits for. */
function doingOf(agent: LiveAgent): string {
  const kind = kindOf(agent);
  if (agent.outcome !== undefined || kind === "paused" || kind === "stopping") return kind;
  if (agent.waitsFor !== undefined) return `waits ${agent.waitsFor}`;
  const [tool, ...more] = [...agent.calls.values()].filter((call) => call.kind === "tool");
  if (tool !== undefined) return more.length === 0 ? tool.of : `${tool.of} +${more.length}`;
  return agent.calls.size > 0 ? "model" : kind;
}

function styleOf(row: TreeRow): Style {
  if (row.type === "rest") return "dim";
  if (row.agent.waitsFor === "approval") return "yellow";
  return styles[kindOf(row.agent)] ?? "reset";
}

/** Returns the counts of a tally in words, the longest form first. */
function countings(before: string, { agents, by }: Tally): readonly string[] {
  const groups: Record<string, number> = {};
  for (const [kind, count] of Object.entries(by)) {
    const group = GROUPS[kind] ?? kind;
    groups[group] = (groups[group] ?? 0) + count;
  }
  const { busy = 0, queued = 0 } = groups;
  return [
    `${before}${agents} agent${agents === 1 ? "" : "s"}: ${inWords(by, Object.keys(GROUPS))}`,
    `${before}${agents}: ${inWords(groups, TOLD_FIRST)}`,
    `${before}${agents}: ${busy} busy, ${queued} queued`,
    `${before}${agents}: ${busy} busy`,
  ];
}

function inWords(by: Readonly<Record<string, number>>, first: readonly string[]): string {
  const place = (kind: string): number => (first.includes(kind) ? first.indexOf(kind) : 99);
  return Object.entries(by)
    .sort(([a], [b]) => place(a) - place(b))
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}
