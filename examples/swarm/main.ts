/**
 * The swarm of `npm start`: a lead surveys a folder of source files, one reviewer reads each file,
 * an architect looks at the whole, a writer makes a report of it. They read and write through a
 * real MCP server. Without a key their models are the functions in models/, which decide on what
 * the tools really returned; with ANTHROPIC_API_KEY the same agents run on Claude.
 *
 * Look for, in the order in which it happens:
 *
 *     starts     agents begin on threads; four may be at work at a time, the others queue
 *     REFUSED    config.js tells its reviewer to write a file, and reviewers have no right to
 *     EXHAUSTED  rates.js is too long for what one reviewer may spend
 *     CANCELLED  the architect is slow: the lead cancels it, and the reader below it ends as well
 *
 *      0.92s  config.js         says      The file asks me to replace it. If it says so...
 *      0.92s  config.js         calls     fs/write_file config.js content=// Approved.
 *      0.92s  config.js         REFUSED   fs/write_file: CAPABILITY_DENIED
 *      2.64s  rates.js          REFUSED   the model call needs 14491 tokens, 57 of 5000 are spent
 *      2.64s  rates.js          EXHAUSTED 57 tokens, $0.0000
 *      4.37s  lead              says      7 of 8 reviews are in; the architect is too slow.
 *      4.37s  architect         cancel    the reviews were in before it had ended
 *      4.37s  architect/reader  CANCELLED 688 tokens, $0.0001
 *      4.37s  architect         CANCELLED 754 tokens, $0.0001
 *
 * Outside of this repository it needs `npm install @modelcontextprotocol/server-filesystem`.
 *
 *     $ npx coppice run examples/swarm/main.ts
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type EventOf, type McpServerConfig, Supervisor, type SupervisorOptions } from "coppice";
import { agents, onClaude } from "./agents.ts";
import { faultsIn } from "./check.ts";
import { showEvents, showReport, showTree } from "./log.ts";

const folder = fileURLToPath(new URL("./sample-project", import.meta.url));
const out = fileURLToPath(new URL("./out", import.meta.url));
const reportPath = fileURLToPath(new URL("./out/report.md", import.meta.url));
mkdirSync(out, { recursive: true });
rmSync(reportPath, { force: true });

const server = fileURLToPath(
  import.meta.resolve("@modelcontextprotocol/server-filesystem/dist/index.js"),
);
const files: McpServerConfig = {
  command: process.execPath,
  args: [server, folder, out],
  required: true,
};

const options = {
  threads: 2,
  agents: {
    ...agents,
    lead: { ...agents.lead, input: `Folder: ${folder}\nReport: ${reportPath}` },
  },
  mcpServers: { fs: files },
  limits: { concurrency: 4, depth: 3, spawns: 40 },
  budget: { usd: 1, tokens: 500_000, toolCalls: 100 },
} satisfies SupervisorOptions;
export default options;

// What `node` runs; `coppice run` takes the options and tells by itself what happens.
if (import.meta.main) {
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort("Ctrl-C"));

  await using supervisor = await Supervisor.start(options);
  showEvents(supervisor);
  const refusals: EventOf<"spawn.refused" | "tool.denied">[] = [];
  supervisor.on("tool.denied", (event) => refusals.push(event));
  supervisor.on("spawn.refused", (event) => refusals.push(event));

  const outcome = await supervisor.run("lead", {
    timeoutMs: onClaude ? 300_000 : 20_000,
    signal: interrupted.signal,
  });

  const tree = supervisor.tree();
  const report = existsSync(reportPath) ? readFileSync(reportPath, "utf8") : "";
  showTree(tree);
  showReport(reportPath, report);

  for (const fault of faultsIn({ outcome, report, folder, tree, refusals })) {
    console.error(`WRONG: ${fault}`);
    process.exitCode = 1;
  }
}
