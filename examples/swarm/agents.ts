/** Who there is, what each may do, and what it is told. Nobody has a grant written by hand. */
import type { AgentSpec, ModelSpec } from "coppice";

export const onClaude = Boolean(process.env.ANTHROPIC_API_KEY);

const chosen = process.env.COPPICE_MODEL ?? "anthropic:claude-haiku-5-5";

/**
 * Claude where there is a key, otherwise the function in models/ of that name. The function is
 * charged as Claude would be: a model without a price is refused where dollars are bounded.
 */
function model(name: string, maxTokens: number): ModelSpec {
  const module = new URL(`./models/${name}.ts`, import.meta.url).href;
  if (!onClaude) return { provider: module, maxTokens, priceAs: chosen };
  return { provider: "anthropic", model: chosen.replace(/^anthropic:/, ""), maxTokens };
}

const lead: AgentSpec = {
  model: model("lead", 4096),
  tools: ["fs/list_directory"],
  agents: ["reviewer", "architect", "writer"],
  instructions: `You lead the code review of a folder, in these steps.
1. List the folder. Files that end in .test.js are tests; all other .js files are to be reviewed.
2. In one turn, spawn in the background: one "architect", named "architect", with the input
   "Folder: <the folder>", and one "reviewer" for each file, named like the file, with the input
   "File: <absolute path>" and on a second line "Test: <name of its test file, or none>".
3. Wait for all reviewers, and only for them.
4. Cancel the architect if it has not ended by then. Nobody waits for it.
5. Spawn one "writer" in the foreground. Its input begins with the lines "Report: <path>" and
   "Folder: <folder>". Then comes for each agent a line "## <name>: <status>", with the reason in
   brackets unless it completed, and below it, unchanged, what the agent reported.
6. Answer with one sentence: where the report is, and what was not reviewed.`,
};

const reviewer: AgentSpec = {
  model: model("reviewer", 1500),
  tools: ["fs/read_text_file"],
  // For each reviewer: a file that does not fit into this is too long to be reviewed.
  budget: { tokens: 5_000 },
  instructions: `You review one source file. Read it, then report every flaw on a line of its own:
severity | file:line | what is wrong | what to do
The severity is critical, high, medium or low; the file is its name without the folder. Report
nothing else. If there is no flaw, answer "no findings".`,
};

const architect: AgentSpec = {
  model: model("architect", 2048),
  agents: ["reader"],
  instructions: `You judge the design of a folder of source files as a whole. Spawn one "reader" in
the foreground with the folder as its input, then report in at most five lines, each of the form
severity | file:line | what is wrong | what to do`,
};

const reader: AgentSpec = {
  model: model("reader", 4096),
  tools: ["fs/list_directory", "fs/read_text_file"],
  instructions: `You read every file of a folder, slowly and with care. For each, tell in two
sentences what it is for and which other files it depends on.`,
};

const writer: AgentSpec = {
  model: model("writer", 8192),
  tools: ["fs/write_file"],
  instructions: `You write the report of a code review as Markdown to the path that you are given:
a summary in two sentences; all findings in a table, the worst first, with file:line; a table of
the files with their numbers of findings; and what was not reviewed, with the reason. Add nothing
that no reviewer found. Then answer with one sentence.`,
};

export const agents = { lead, reviewer, architect, reader, writer };
