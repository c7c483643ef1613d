/** Makes one report of all reviews, and writes it through the MCP server. */
import { basename } from "node:path";
import {
  type Context,
  call,
  type Delta,
  inputOf,
  lineOf,
  metered,
  type Request,
  resultsOf,
  say,
} from "./conversation.ts";
import { SEVERITIES } from "./flaws.ts";

interface Review {
  readonly name: string;
  readonly status: string;
  readonly findings: readonly Finding[];
}

interface Finding {
  readonly severity: string;
  readonly where: string;
  readonly what: string;
  readonly advice: string;
}

export default (request: Request, context: Context) => metered(request, write(request, context));

async function* write(request: Request, context: Context): AsyncIterable<Delta> {
  const [written] = resultsOf(request, "fs__write_file");
  if (written !== undefined) return yield* say(written.text, context, 5);
  const reviews = reviewsIn(inputOf(request));
  yield* say(
    `Sorting ${reviews.flatMap(({ findings }) => findings).length} findings.`,
    context,
    60,
  );
  const content = reportOf(basename(lineOf(request, "Folder")), reviews);
  yield call("fs__write_file", { path: lineOf(request, "Report"), content });
}

/** The sections of the input: `## cart.js: completed`, and a line for each finding. */
function reviewsIn(input: string): Review[] {
  return input
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [head = "", ...lines] = section.split("\n");
      const [name = "", status = ""] = head.split(": ");
      const findings = lines
        .map((line) => line.split(" | "))
        .filter((parts) => parts.length === 4)
        .map(([severity, where, what, advice]) => ({ severity, where, what, advice }) as Finding);
      return { name, status, findings };
    });
}

function reportOf(project: string, reviews: readonly Review[]): string {
  const done = reviews.filter(({ status }) => status === "completed");
  const missing = reviews.filter(({ status }) => status !== "completed");
  const rank = ({ severity }: Finding) => (SEVERITIES as readonly string[]).indexOf(severity);
  const findings = done.flatMap((review) => review.findings).sort((a, b) => rank(a) - rank(b));
  const counts = SEVERITIES.map((severity) => `${count(findings, severity)} ${severity}`);
  const urgent = findings.filter((finding) => rank(finding) < 2);
  return [
    `# Code review of ${project}`,
    "",
    `${findings.length} findings in ${done.length} files: ${counts.join(", ")}.`,
    `Begin with ${[...new Set(urgent.map(({ where }) => where.split(":")[0]))].join(", ")}.`,
    "",
    "## Findings, the worst first",
    "",
    "| severity | where | what is wrong | what to do |",
    "| --- | --- | --- | --- |",
    ...findings.map((f) => `| ${f.severity} | ${f.where} | ${f.what} | ${f.advice} |`),
    "",
    "## Files",
    "",
    `| file | ${SEVERITIES.join(" | ")} |`,
    `| --- |${" --: |".repeat(SEVERITIES.length)}`,
    ...done.map(({ name, findings }) => {
      return `| ${name} | ${SEVERITIES.map((severity) => count(findings, severity)).join(" | ")} |`;
    }),
    "",
    "## Not reviewed",
    "",
    ...missing.map(({ name, status }) => `- ${name}: ${status}`),
    "",
  ].join("\n");
}

function count(findings: readonly Finding[], severity: string): number {
  return findings.filter((finding) => finding.severity === severity).length;
}
