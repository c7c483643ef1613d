/** What a person sees: a line for each happening, then the tree, then the report's beginning. */
import { basename, relative } from "node:path";
import { styleText } from "node:util";
import type { EventOf, EventType, Json, RuntimeEvent, Supervisor, TreeNode } from "coppice";

type Colour = "dim" | "green" | "yellow" | "red" | "cyan";

const coloured = process.stdout.isTTY && !process.env.NO_COLOR;
const width = Math.max(80, process.stdout.columns ?? 110);
const REPORT_LINES = 18;

const paint = (colour: Colour, text: string) => (coloured ? styleText(colour, text) : text);

/** Prints what happens, from now on. */
export function showEvents(supervisor: Supervisor): void {
  const began = Date.now();
  const templates = new Map<string, string>();
  const unfinished = new Map<string, string>();

  const line = (path: string, verb: string, what: string, colour?: Colour) => {
    const at = `${((Date.now() - began) / 1000).toFixed(2)}s`.padStart(6);
    const text = `${at}  ${shortPath(path).padEnd(17)} ${verb.padEnd(9)} ${what}`.slice(0, width);
    console.log(colour === undefined ? text : paint(colour, text));
  };

  const tell: { readonly [Type in EventType]?: (event: EventOf<Type>) => void } = {
    "agent.spawned": ({ path, template }) => void templates.set(path, template),
    "spawn.queued": ({ path }) => line(path, "queued", "until a slot is free", "dim"),
    "agent.state": ({ path }) => {
      const template = templates.get(path);
      if (!templates.delete(path)) return;
      const host = nodeAt(supervisor.tree(), path)?.host ?? "?";
      line(path, "starts", `${template} on thread ${host}`, "cyan");
    },
    // Text comes in pieces; it is shown by the line.
    "agent.output": ({ path, text }) => {
      const lines = `${unfinished.get(path) ?? ""}${text}`.split("\n");
      unfinished.set(path, lines.pop() ?? "");
      for (const said of lines) if (said.trim() !== "") line(path, "says", said);
    },
    "tool.requested": ({ path, tool, input }) => line(path, "calls", `${tool} ${brief(input)}`),
    "tool.denied": ({ path, tool, code }) => line(path, "REFUSED", `${tool}: ${code}`, "yellow"),
    "spawn.refused": ({ path, agent, code }) =>
      line(path, "REFUSED", `${agent}: ${code}`, "yellow"),
    "budget.refused": ({ path, unit, asked, spent, limit }) => {
      const what = `the model call needs ${asked} ${unit}, ${spent} of ${limit} are spent`;
      line(path, "REFUSED", what, "yellow");
    },
    "model.retried": ({ path, code }) => line(path, "retries", code, "yellow"),
    "cancel.requested": ({ path, reason }) => line(path, "cancel", reason, "yellow"),
    "mcp.lost": ({ path, server }) => line(path, "lost", `the MCP server ${server}`, "red"),
    "agent.stopped": ({ path, outcome }) => {
      const { status, usage } = outcome;
      if (status === "completed") return line(path, "ends", costOf(usage), "green");
      const why = "error" in outcome ? `: ${outcome.error.message}` : "";
      line(path, status.toUpperCase(), `${costOf(usage)}${why}`, "red");
    },
  };
  supervisor.on("*", (event) => {
    const show = tell[event.type] as ((event: RuntimeEvent) => void) | undefined;
    show?.(event);
  });
}

/** Prints every agent with its outcome and what it used, those below it included. */
export function showTree(root: TreeNode): void {
  const rows = rowsOf(root.children, "");
  const widest = Math.max(...rows.map(({ label }) => label.length));
  console.log(
    `\n${"agent".padEnd(widest)}  outcome     model calls  tool calls  cost, with all below`,
  );
  for (const { label, node } of rows) {
    const { modelCalls, toolCalls } = node.usage;
    const outcome = (node.outcome ?? node.status).padEnd(10);
    const counts = `${String(modelCalls).padStart(11)}  ${String(toolCalls).padStart(10)}`;
    const text = `${label.padEnd(widest)}  ${outcome}  ${counts}  ${costOf(node.usage)}`;
    console.log(node.outcome === "completed" ? text : paint("red", text));
  }
}

export function showReport(path: string, text: string): void {
  if (text === "") return console.log("\nThere is no report.");
  const lines = text.split("\n");
  console.log(`\nThe report, ${lines.length} lines: ${relative(process.cwd(), path)}\n`);
  for (const line of lines.slice(0, REPORT_LINES)) console.log(`  ${line}`);
  if (lines.length > REPORT_LINES) console.log("  ...");
}

function rowsOf(nodes: readonly TreeNode[], indent: string): { label: string; node: TreeNode }[] {
  return nodes.flatMap((node) => [
    { label: `${indent}${node.name}`, node },
    ...rowsOf(node.children, `${indent}  `),
  ]);
}

function nodeAt(node: TreeNode, path: string): TreeNode | undefined {
  if (node.path === path) return node;
  for (const child of node.children) {
    const found = nodeAt(child, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** All agents but the lead are below it: their paths are shown from there. */
function shortPath(path: string): string {
  return path === "/" ? "" : path.replace(/^\/(lead\/)?/, "");
}

/** The arguments of a call, with files by their names only. */
function brief(input: Json | undefined): string {
  const fields = Object.entries((input ?? {}) as { readonly [name: string]: Json });
  const shown = fields.map(([name, value]) => {
    const text = String(value);
    if (name === "path") return basename(text);
    return text.length <= 30 ? `${name}=${text.trim()}` : `${name}=(${text.length} characters)`;
  });
  return shown.join(" ");
}

function costOf({ usd, inputTokens, outputTokens }: TreeNode["usage"]): string {
  const tokens = `${inputTokens + outputTokens} tokens`;
  return usd === 0 ? tokens : `${tokens}, $${usd.toFixed(4)}`;
}
