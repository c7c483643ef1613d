/**
 * One agent with one tool.
 *
 * Look for: the model only *asks* for the tool. The call passes the supervisor, which checks the
 * right and the budget first, and its result goes back into the conversation.
 *
 *     > It says: Let me add these.
 *     > It asks for add({"a":19,"b":23})
 *     > add gave 42
 *     > It says: 19 and 23 make 42.
 *     > completed, after 2 model calls and 1 tool call
 *
 *     $ npx coppice run examples/01-one-tool.ts --input "How much is 19 + 23?"
 */
import assert from "node:assert/strict";
import { defineTool, Supervisor, type SupervisorOptions } from "coppice";

const add = defineTool({
  name: "add",
  description: "Adds two numbers.",
  input: {
    type: "object",
    properties: { a: { type: "number" }, b: { type: "number" } },
    required: ["a", "b"],
  },
  execute: ({ a, b }) => a + b,
});

const options = {
  threads: 1,
  tools: [add],
  agents: {
    adder: {
      instructions: "Add numbers, with the tool.",
      tools: ["add"],
      // A script in place of a model: no key, no cost, always the same. With a key in
      // ANTHROPIC_API_KEY this line does it: model: "anthropic:claude-haiku-5-5"
      model: {
        provider: "scripted",
        steps: [
          {
            text: "Let me add these.",
            toolCalls: [{ name: "add", input: { a: 19, b: 23 } }],
          },
          { text: "19 and 23 make 42." },
        ],
      },
    },
  },
} satisfies SupervisorOptions;
export default options;

// What `node` runs; `coppice run` takes the options and tells by itself what happens.
if (import.meta.main) {
  await using supervisor = await Supervisor.start(options);

  supervisor.on("agent.output", ({ text }) => console.log(`> It says: ${text}`));
  supervisor.on("tool.requested", ({ tool, input }) => {
    console.log(`> It asks for ${tool}(${JSON.stringify(input)})`);
  });
  supervisor.on("tool.finished", ({ tool, result }) => console.log(`> ${tool} gave ${result}`));

  const outcome = await supervisor.run("adder", { input: "How much is 19 + 23?" });

  const { modelCalls, toolCalls } = outcome.usage;
  console.log(`> ${outcome.status}, after ${modelCalls} model calls and ${toolCalls} tool call`);
  assert.equal(outcome.status, "completed");
  assert.equal(outcome.output, "19 and 23 make 42.");
  assert.equal(toolCalls, 1, "the tool should have run exactly once");
}
