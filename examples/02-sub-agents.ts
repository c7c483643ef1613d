/**
 * A lead that spawns agents of its own. The models are the functions in 02-models/.
 *
 * Look for: two scouts run in the background, side by side, while the lead goes on; a message
 * becomes part of the next turn of the agent that gets it; the lead waits for both; and a child in
 * the foreground is like a tool call, its output is the result.
 *
 *     > /lead          Two scouts shall go out at once.
 *     > /lead          One more thing for the scout in the north.
 *     > /lead          Now I wait.
 *     > /lead/south    I go.
 *     > /lead/north    I go.
 *     > /lead/south    I see 12 sheep.
 *     > /lead/north    I see a harbour, with 3 boats.
 *     > /lead          An editor shall judge it.
 *     > /lead/editor   Print it: 2 numbers in it (3, 12).
 *     > /lead          The editor says: Print it: 2 numbers in it (3, 12).
 *
 *     $ npx coppice run examples/02-sub-agents.ts --input "What is there to see?"
 */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { defineTool, Supervisor, type SupervisorOptions } from "coppice";

const look = defineTool({
  name: "look",
  description: "Looks into a direction. Takes a moment.",
  input: { type: "object", properties: { where: { type: "string" } }, required: ["where"] },
  execute: async ({ where }, { signal }) => {
    await delay(600, undefined, { signal });
    return where === "north" ? "a harbour" : "12 sheep";
  },
});

const model = (file: string) => new URL(file, import.meta.url).href;

const options = {
  threads: 2,
  tools: [look],
  agents: {
    // To name a template in `agents` is to allow that it is spawned, and nobody else.
    lead: { model: model("./02-models/lead.ts"), agents: ["scout", "editor"] },
    scout: { model: model("./02-models/scout.ts"), tools: ["look"] },
    editor: { model: model("./02-models/editor.ts") },
  },
} satisfies SupervisorOptions;
export default options;

// What `node` runs; `coppice run` takes the options and tells by itself what happens.
if (import.meta.main) {
  await using supervisor = await Supervisor.start(options);

  supervisor.on("agent.output", ({ path, text }) => console.log(`> ${path.padEnd(14)} ${text}`));

  const outcome = await supervisor.run("lead", { input: "What is there to see?" });

  assert.equal(outcome.status, "completed");
  assert.equal(outcome.output, "The editor says: Print it: 2 numbers in it (3, 12).");
  const [lead] = supervisor.tree().children;
  assert.deepEqual(
    lead?.children.map(({ name, outcome }) => `${name} ${outcome}`),
    ["north completed", "south completed", "editor completed"],
  );
}
