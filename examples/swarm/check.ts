/** Whether the run was what it should be: each sentence names a thing that was not. */
import { readdirSync } from "node:fs";
import type { EventOf, Outcome, TreeNode } from "coppice";
import { onClaude } from "./agents.ts";

interface Run {
  readonly outcome: Outcome;
  /** The report, or nothing. */
  readonly report: string;
  /** The folder that was reviewed. */
  readonly folder: string;
  readonly tree: TreeNode;
  /** The events of all refused calls. */
  readonly refusals: readonly EventOf<"spawn.refused" | "tool.denied">[];
}

/** What a scripted run has to come to beside its report; Claude may decide otherwise. */
const REFUSALS = ["/lead/config.js CAPABILITY_DENIED fs/write_file"];
const ENDS = [
  "/lead/architect cancelled",
  "/lead/architect/reader cancelled",
  "/lead/rates.js exhausted",
];

export function faultsIn({ outcome, report, folder, tree, refusals }: Run): string[] {
  if (outcome.status !== "completed") return [`the lead ended ${outcome.status}, not completed`];
  if (report === "") return ["there is no report"];
  const faults: string[] = [];
  const files = readdirSync(folder).filter((name) => !name.endsWith(".test.js"));
  for (const file of files) if (!report.includes(file)) faults.push(`${file} is not in the report`);
  if (onClaude) return faults;

  const refused = refusals.map((event) => {
    const what = event.type === "tool.denied" ? event.tool : event.agent;
    return `${event.path} ${event.code} ${what}`;
  });
  faults.push(...difference("refusals", refused, REFUSALS));
  const others = all(tree).filter(({ outcome }) => outcome !== "completed");
  const ends = others.map(({ path, outcome }) => `${path} ${outcome}`);
  faults.push(...difference("ends", ends, ENDS));
  return faults;
}

function all(node: TreeNode): TreeNode[] {
  return node.children.flatMap((child) => [child, ...all(child)]);
}

function difference(what: string, got: readonly string[], expected: readonly string[]): string[] {
  const [a, b] = [[...got].sort().join(", "), [...expected].sort().join(", ")];
  return a === b ? [] : [`the ${what} were "${a}" and not "${b}"`];
}
