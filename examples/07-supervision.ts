/**
 * What is let crash, and what then happens.
 *
 * Look for: a transient agent that failed begins anew at the same path, with its account and its
 * turns carried over; one that never stops failing is given up on after `intensity` restarts; and
 * a machine that loops for ever costs exactly itself. It froze a thread that it shared with twenty
 * others: they are moved, go on from their last committed step, and no tool of theirs runs twice.
 *
 *     > /scout failed, and is back as incarnation 2
 *     > /scout completed: The bridge stands.
 *     > /hopeless failed: RESTART_INTENSITY_EXCEEDED after 2 restarts
 *     > user-code-1 is suspect: its heart has stopped
 *     > user-code-1 is lost
 *     > /spinner killed: HOST_LOST
 *     > 20 of 20 neighbours completed, 20 tool calls were made
 *
 *     $ npx coppice run examples/07-supervision.ts --agent scout --input Look.
 */
import assert from "node:assert/strict";
import { type AgentSpec, defineTool, Supervisor, type SupervisorOptions } from "coppice";

const neighbours = 20;
let calls = 0;
let spinning = false;
const survey = defineTool({
  name: "survey",
  description: "Surveys a plot; answers once another machine has begun to spin.",
  input: { type: "object" },
  execute: async (_input, { signal }) => {
    calls += 1;
    while (!spinning && !signal.aborted) await new Promise((next) => setTimeout(next, 10));
    return "surveyed";
  },
});

const machine = new URL("07-spinning-machine.ts", import.meta.url).href;
const failsOnce: AgentSpec = {
  restart: "transient",
  model: {
    provider: "scripted",
    steps: [{ error: "no signal in the valley" }, { text: "The bridge stands." }],
  },
};
const failsAlways: AgentSpec = {
  restart: "transient",
  model: { provider: "scripted", repeat: true, steps: [{ error: "no battery" }] },
};

const options = {
  threads: 1,
  tools: [survey],
  agents: { scout: failsOnce, hopeless: failsAlways, machine: { machine, tools: ["survey"] } },
  intensity: { maxRestarts: 2, withinMs: 60_000, backoffMs: 10 },
  heartbeatMs: 200,
  graceMs: 1_000,
} satisfies SupervisorOptions;
export default options;

// What `node` runs; `coppice run` takes the options and tells by itself what happens.
if (import.meta.main) {
  await using supervisor = await Supervisor.start(options);

  supervisor.on("agent.restarted", ({ path, incarnation, cause }) => {
    if (path === "/scout") {
      console.log(`> ${path} ${cause.status}, and is back as incarnation ${incarnation}`);
    }
  });
  supervisor.on("host.suspect", ({ host }) =>
    console.log(`> ${host} is suspect: its heart has stopped`),
  );
  const lost = new Promise<void>((resolve) => {
    supervisor.once("host.lost", ({ host }) => {
      console.log(`> ${host} is lost`);
      resolve();
    });
  });

  const scout = await supervisor.run("scout", { input: "Look." });
  assert(scout.status === "completed");
  console.log(`> ${scout.path} ${scout.status}: ${scout.output}`);

  const hopeless = await supervisor.run("hopeless", { input: "Look." });
  assert(hopeless.status === "failed");
  const { code, details } = hopeless.error;
  console.log(`> ${hopeless.path} failed: ${code} after ${details.maxRestarts} restarts`);
  assert.equal(code, "RESTART_INTENSITY_EXCEEDED");

  const all = Array.from({ length: neighbours }, () =>
    supervisor.run("machine", { input: "survey" }),
  );
  while (calls < neighbours) await new Promise((next) => setTimeout(next, 10));
  supervisor.once("host.suspect", () => {
    spinning = true;
  });
  const spinner = await supervisor.run("machine", { input: "spin", name: "spinner" });
  assert(spinner.status === "killed");
  await lost;
  console.log(`> ${spinner.path} ${spinner.status}: ${spinner.error?.code}`);

  const outcomes = await Promise.all(all);
  const completed = outcomes.filter(({ status }) => status === "completed").length;
  console.log(
    `> ${completed} of ${neighbours} neighbours completed, ${calls} tool calls were made`,
  );
  assert.equal(completed, neighbours);
  assert.equal(calls, neighbours, "no call is made twice");
}
