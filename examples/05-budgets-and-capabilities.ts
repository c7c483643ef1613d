/**
 * What happens to an agent that wants too much: nothing is thrown, it reads why.
 *
 * Look for: each refusal has a code, names the node that refused, and costs nothing. A refused
 * call is a result, and the agent goes on; only a refused *model* call ends it, `exhausted`.
 *
 *     > three mails, a budget of two calls
 *     >   /mailer needs 1 tool call more; its budget is 2 tool calls, all of it spent
 *     >   /mailer reads: sent-1 sent-2 BUDGET_EXCEEDED
 *     > a tool that is denied
 *     >   /vandal may not use "tool:wipe_disk": /vandal denies "tool:wipe_*".
 *     >   /vandal reads: CAPABILITY_DENIED sent-3
 *     > a child with a right that its parent has not
 *     >   /boss/vandal-child may not use "tool:wipe_disk": no grant of /boss allows it
 *     >   /boss reads: CAPABILITY_DENIED
 *     > a depth of two
 *     >   "rabbit" was not spawned: / allows depth 2
 *     >   /rabbit reads: DEPTH_EXCEEDED
 *     > two turns, a budget of one model call
 *     >   /thinker has used all of its modelCalls: 1
 *     >   /thinker exhausted
 *
 *     $ npx coppice run examples/05-budgets-and-capabilities.ts --agent mailer --input Go.
 */
import assert from "node:assert/strict";
import {
  type AgentSpec,
  CoppiceError,
  defineTool,
  type Json,
  Supervisor,
  type SupervisorOptions,
} from "coppice";

let sent = 0;
const nothing = { type: "object" };
const send = defineTool({
  name: "send_mail",
  description: "Sends a mail.",
  input: nothing,
  execute: () => `sent-${++sent}`,
});
const wipe = defineTool({
  name: "wipe_disk",
  description: "Wipes the disk.",
  input: nothing,
  execute: () => assert.fail("nobody may ever get here"),
});

/** An agent that makes these calls, all at once, and then says what they gave. */
const makes = (...calls: { name: string; input: Json }[]): AgentSpec => ({
  model: { provider: new URL("./05-stubborn-model.ts", import.meta.url).href, calls },
});
const call = (name: string) => ({ name, input: {} });
const spawn = (agent: string) => ({ name: "spawn_agent", input: { agent, input: "Go." } });

const options = {
  threads: 1,
  tools: [send, wipe],
  limits: { depth: 2 },
  agents: {
    mailer: {
      ...makes(call("send_mail"), call("send_mail"), call("send_mail")),
      tools: ["send_mail"],
      budget: { toolCalls: 2 },
    },
    // It is shown the tool, and a deny stands beside it: a deny always wins.
    vandal: {
      ...makes(call("wipe_disk"), call("send_mail")),
      tools: ["*"],
      grants: [{ deny: "tool:wipe_*" }],
    },
    // Its child has all rights of its own, but a child cannot have more than its parent.
    boss: {
      ...makes(spawn("vandal-child")),
      agents: ["vandal-child"],
      grants: ["model:*", "spawn:*", "tool:send_mail"],
    },
    "vandal-child": { ...makes(call("wipe_disk")), tools: ["wipe_disk"] },
    // Each spawns the next of its kind, for ever, if it could.
    rabbit: { ...makes(spawn("rabbit")), agents: ["rabbit"] },
    thinker: { ...makes(call("send_mail")), tools: ["send_mail"], budget: { modelCalls: 1 } },
  },
} satisfies SupervisorOptions;
export default options;

// What `node` runs; `coppice run` takes the options and tells by itself what happens.
if (import.meta.main) {
  await using supervisor: Supervisor = await Supervisor.start(options);

  /** The first sentence says what was refused, and by whom; the second what to do about it. */
  const why = (message: unknown) => console.log(`>   ${String(message).split(". ", 1)}`);
  supervisor.on("tool.denied", ({ message }) => why(message));
  supervisor.on("spawn.refused", ({ message }) => why(message));
  supervisor.on("budget.refused", ({ path, tool, unit, limit }) => {
    if (tool === undefined) why(`${path} has used all of its ${unit}: ${limit}`);
  });

  async function show(agent: string, what: string, expected: string): Promise<void> {
    console.log(`> ${what}`);
    const outcome = await supervisor.run(agent, { input: "Go." });
    const said = outcome.status === "completed" ? `reads: ${outcome.output}` : outcome.status;
    console.log(`>   ${outcome.path} ${said}`);
    assert.equal(said, expected);
  }

  await show(
    "mailer",
    "three mails, a budget of two calls",
    "reads: sent-1 sent-2 BUDGET_EXCEEDED",
  );
  await show("vandal", "a tool that is denied", "reads: CAPABILITY_DENIED sent-3");
  await show("boss", "a child with a right that its parent has not", "reads: CAPABILITY_DENIED");
  await show("rabbit", "a depth of two", "reads: DEPTH_EXCEEDED");
  await show("thinker", "two turns, a budget of one model call", "exhausted");
  assert.equal(sent, 4);

  // Only the program itself gets an exception, because it can do something about it.
  await assert.rejects(
    supervisor.spawn("nobody", { input: "Go." }),
    (error) => error instanceof CoppiceError && error.code === "AGENT_UNKNOWN",
  );
}
