/**
 * Rights on arguments, and a person who is asked.
 *
 * Look for: only the call that waits is held up, and its agent gives its place at work to others.
 * A path is checked as it really is, dots resolved, and the tool is given what was checked. A yes
 * can be for once, for the agent, for its run or for ever; silence is a no.
 *
 *     > a right that looks at an argument
 *     >   read docs/plan.md: the text of plan.md
 *     >   read docs/../secret.txt: CAPABILITY_DENIED
 *     > a person is asked, and says yes for this agent
 *     >   ? publish {"page":"news"} because a grant of /editor asks
 *     >   published news
 *     >   published events
 *     > a budget that asks for more
 *     >   published news
 *     >   ? budget:toolCalls is used up: 1 of 1
 *     >   published events
 *
 *     $ npx coppice run examples/06-approvals-and-rights.ts --agent editor --input Go.
 */
import assert from "node:assert/strict";
import { basename } from "node:path";
import {
  type AgentSpec,
  type Decision,
  defineTool,
  type PendingApproval,
  Supervisor,
  type SupervisorOptions,
} from "coppice";

const text = (name: string) => ({
  type: "object",
  properties: { [name]: { type: "string" } },
  required: [name],
});
const read = defineTool({
  name: "read",
  description: "Reads a file.",
  input: text("path"),
  execute: ({ path }) => `the text of ${basename(String(path))}`,
});
const publish = defineTool({
  name: "publish",
  description: "Publishes a page.",
  input: text("page"),
  execute: ({ page }) => `published ${page}`,
});

/** Makes these calls one after the other. */
const makes = (
  ...calls: { name: "read" | "publish"; input: Record<string, string> }[]
): AgentSpec => ({
  model: {
    provider: "scripted",
    steps: [...calls.map((call) => ({ toolCalls: [call] })), { text: "Done." }],
  },
  tools: [...new Set(calls.map(({ name }) => name))],
});
const pages = ["news", "events"].map((page) => ({ name: "publish" as const, input: { page } }));
const paths = ["docs/plan.md", "docs/../secret.txt"];

/** The person: says yes, for the agent when a grant asks, and one call more for a budget. */
function approve({ kind, path, subject, input }: PendingApproval): Decision {
  if (kind === "budget") {
    const { spent, limit } = input as { readonly spent: number; readonly limit: number };
    console.log(`>   ? ${subject} is used up: ${spent} of ${limit}`);
    return { allow: true, answer: 1, by: "you" };
  }
  console.log(`>   ? publish ${JSON.stringify(input)} because a grant of ${path} asks`);
  return { allow: true, scope: "agent", by: "you" };
}

const options = {
  threads: 0,
  tools: [read, publish],
  approve,
  agents: {
    librarian: {
      ...makes(...paths.map((path) => ({ name: "read" as const, input: { path } }))),
      grants: ["model:*", { allow: "tool:read", where: { path: "path:./docs/**" } }],
    },
    editor: { ...makes(...pages), grants: ["model:*", { allow: "tool:publish", ask: true }] },
    intern: { ...makes(...pages), budget: { toolCalls: 1, onExceeded: "ask" } },
  },
} satisfies SupervisorOptions;
export default options;

// What `node` runs; `coppice run` takes the options and tells by itself what happens.
if (import.meta.main) {
  await using supervisor = await Supervisor.start(options);

  const seen: unknown[] = [];
  const files = [...paths];
  const tell = (path: string, what: unknown) => {
    seen.push(what);
    console.log(path === "/librarian" ? `>   read ${files.shift()}: ${what}` : `>   ${what}`);
  };
  supervisor.on("tool.finished", ({ path, result }) => tell(path, result));
  supervisor.on("tool.denied", ({ path, code }) => tell(path, code));

  for (const [agent, what] of [
    ["librarian", "a right that looks at an argument"],
    ["editor", "a person is asked, and says yes for this agent"],
    ["intern", "a budget that asks for more"],
  ] as const) {
    console.log(`> ${what}`);
    const outcome = await supervisor.run(agent, { input: "Go." });
    assert.equal(outcome.status, "completed");
  }
  const published = ["published news", "published events"];
  assert.deepEqual(seen, ["the text of plan.md", "CAPABILITY_DENIED", ...published, ...published]);
}
