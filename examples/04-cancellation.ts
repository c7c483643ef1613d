/**
 * Stopping a part of the tree in the middle of its work.
 *
 * Look for: `cancel` ends an agent and everything below it; a tool that is running sees its
 * `signal`; the promise resolves only when the last of them is gone. What was reserved for a model
 * call that never ended is given back, and the other branch goes on. An `AbortSignal` does the
 * same. Cancelled is an outcome, not an error.
 *
 *     > at work, with 1500 tokens reserved
 *     >   /foreman: cancel.requested
 *     >   /foreman: cancel.closed
 *     >   /foreman: cancel.signalled
 *     >   /foreman/digger: its tool saw the signal
 *     > /foreman          cancelled
 *     > /foreman/digger   cancelled
 *     > /foreman/thinker  cancelled
 *     > /clerk            goes on
 *     > 0 tokens reserved
 *     > /clerk says: I am still here.
 *     >   /digger: its tool saw the signal
 *     > /digger           cancelled: out of time
 *
 * At the command line Ctrl-C cancels.
 *
 *     $ npx coppice run examples/04-cancellation.ts --agent foreman --input Dig.
 */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { defineTool, type EventType, Supervisor, type SupervisorOptions } from "coppice";

const dig = defineTool({
  name: "dig",
  description: "Digs for an hour.",
  input: { type: "object" },
  timeoutMs: 3_600_000,
  execute: async (_input, { signal, path }) => {
    await delay(3_600_000, undefined, { signal }).finally(() => {
      console.log(`>   ${path}: its tool saw the signal`);
    });
  },
});

const background = (agent: string) => ({
  name: "spawn_agent",
  input: { agent, input: "Begin.", background: true },
});

const options = {
  threads: 1,
  tools: [dig],
  budget: { tokens: 10_000 },
  agents: {
    foreman: {
      agents: ["digger", "thinker"],
      model: {
        provider: "scripted",
        steps: [
          { toolCalls: [background("digger"), background("thinker")] },
          { toolCalls: [{ name: "wait_agents", input: {} }] },
        ],
      },
    },
    digger: {
      tools: ["dig"],
      model: { provider: "scripted", steps: [{ toolCalls: [{ name: "dig", input: {} }] }] },
    },
    thinker: {
      model: {
        provider: "scripted",
        steps: [
          { text: "...", delayMs: 3_600_000, usage: { inputTokens: 500, outputTokens: 1_000 } },
        ],
      },
    },
    // A session does not end with its turn: it waits for the next message.
    clerk: {
      lifetime: "session",
      model: { provider: "scripted", steps: [{ text: "Filed." }, { text: "I am still here." }] },
    },
  },
} satisfies SupervisorOptions;
export default options;

// What `node` runs; `coppice run` takes the options and tells by itself what happens.
if (import.meta.main) {
  await using supervisor = await Supervisor.start(options);

  const happens = (type: EventType, path: string) =>
    new Promise<void>((resolve) => {
      supervisor.on(type, (event) => event.path === path && resolve());
    });
  const reserved = () => supervisor.budget().tokens.reserved;

  const busy = Promise.all([
    happens("tool.started", "/foreman/digger"),
    happens("model.started", "/foreman/thinker"),
  ]);
  const foreman = await supervisor.spawn("foreman", { input: "Dig." });
  const clerk = await supervisor.spawn("clerk", { input: "File." });
  await busy;
  console.log(`> at work, with ${reserved()} tokens reserved`);
  assert.equal(reserved(), 1_500);

  supervisor.on("*", ({ type, path }) => {
    if (type.startsWith("cancel.") && path === foreman.path) console.log(`>   ${path}: ${type}`);
  });
  await foreman.cancel("the rain came");

  // The whole branch is gone now: there is nothing to wait for any more.
  const [branch, other] = supervisor.tree().children;
  for (const node of [branch, ...(branch?.children ?? []), other]) {
    console.log(`> ${node?.path.padEnd(17)} ${node?.outcome ?? "goes on"}`);
  }
  console.log(`> ${reserved()} tokens reserved`);
  assert.deepEqual(
    branch?.children.map(({ outcome }) => outcome),
    ["cancelled", "cancelled"],
  );
  assert.equal(reserved(), 0, "a cancelled agent holds nothing");
  const answer = await clerk.ask("Did you notice?", { timeoutMs: 5_000 });
  console.log(`> ${clerk.path} says: ${answer}`);
  assert.equal(answer, "I am still here.");

  const controller = new AbortController();
  void happens("tool.started", "/digger").then(() => controller.abort("out of time"));
  const aborted = await supervisor.run("digger", { input: "Dig.", signal: controller.signal });
  assert(aborted.status === "cancelled");
  console.log(`> ${aborted.path.padEnd(17)} ${aborted.status}: ${aborted.reason}`);
  assert.equal(aborted.reason, "out of time");
}
