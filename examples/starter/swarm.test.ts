/** A test runs the agents with scripts in place of their models: it costs nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Supervisor } from "coppice";
import { call, scripted } from "coppice/testing";
import { counter } from "./counter.ts";
import swarm from "./swarm.ts";

test("the counter asks the tool, and the tool counts", async () => {
  const model = scripted([call("count_words", { text: " one  two three\n" }), "Three."]);
  await using supervisor = await Supervisor.start({
    ...swarm,
    agents: { ...swarm.agents, counter: { ...counter, model } },
  });
  const counted: unknown[] = [];
  supervisor.on("tool.finished", ({ result }) => counted.push(result));

  const outcome = await supervisor.run("counter");

  assert.equal(outcome.status, "completed");
  assert.deepEqual(counted, [3]);
});
