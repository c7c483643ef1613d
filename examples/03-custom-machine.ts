/**
 * An agent that is your own XState machine instead of the built-in loop.
 *
 * Look for: the states of the machine (03-triage-machine.ts) as events; each of them waits for a
 * tool, a model or a child; `ask` is answered from wherever it stands; `tell` is its event.
 *
 *     > state: "looking-up"
 *     > state: "judging"
 *     > state: "fixing"
 *     > state: "waiting"
 *     > asked, it answers: T-7: restarted the mixer
 *     > output: 2 crashes since Monday -> urgent -> restarted the mixer
 *
 * At the command line nobody closes the ticket: Ctrl-C does.
 *
 *     $ npx coppice run examples/03-custom-machine.ts --agent triage
 */
import assert from "node:assert/strict";
import { defineTool, Supervisor, type SupervisorOptions } from "coppice";

const history = defineTool({
  name: "history",
  description: "What is known of a ticket.",
  input: { type: "object", properties: { ticket: { type: "string" } }, required: ["ticket"] },
  execute: ({ ticket }) => (ticket === "T-7" ? "2 crashes since Monday" : "nothing"),
});

const options = {
  threads: 1,
  tools: [history],
  agents: {
    triage: {
      machine: new URL("./03-triage-machine.ts", import.meta.url).href,
      model: { provider: "scripted", steps: [{ text: "urgent" }] },
      tools: ["history"],
      agents: ["fixer"],
      input: { ticket: "T-7" },
    },
    fixer: { model: { provider: "scripted", steps: [{ text: "restarted the mixer" }] } },
  },
} satisfies SupervisorOptions;
export default options;

// What `node` runs; `coppice run` takes the options and tells by itself what happens.
if (import.meta.main) {
  await using supervisor = await Supervisor.start(options);

  const agent = await supervisor.spawn("triage");
  const states: unknown[] = [];
  for await (const event of agent.events()) {
    if (event.type !== "agent.state" || event.path !== agent.path) continue;
    console.log(`> state: ${JSON.stringify(event.state)}`);
    states.push(event.state);
    if (event.state === "waiting") break;
  }
  const answer = await agent.ask({ type: "status" }, { timeoutMs: 5_000 });
  console.log(`> asked, it answers: ${answer}`);

  agent.tell({ type: "close" });
  const outcome = await agent.outcome;

  assert.equal(outcome.status, "completed");
  console.log(`> output: ${outcome.output}`);
  assert.deepEqual(states, ["looking-up", "judging", "fixing", "waiting"]);
  assert.equal(answer, "T-7: restarted the mixer");
  assert.equal(outcome.output, "2 crashes since Monday -> urgent -> restarted the mixer");
  assert.deepEqual(
    [outcome.usage.toolCalls, outcome.usage.modelCalls],
    [1, 2],
    "one tool call, and a model call each of the machine and of its child",
  );
}
