/**
 * Work that keeps a thread busy, and that can be stopped.
 *
 * Look for: a function given to `defineTool` runs on the supervisor's thread, where a loop would
 * stop everything. A compute tool is a module that runs on a thread of its own. Out of time, or
 * cancelled, the call ends at once and takes its thread with it; the next call gets a new one.
 *
 *     > primes below 20000: 2262
 *     > primes below -1: TOOL_TIMED_OUT
 *     > primes below 100: 25
 *     > meanwhile the supervisor's own thread was free: true
 *     > /counter completed: There are enough of them.
 *
 *     $ npx coppice run examples/09-compute-tool.ts --input "How many primes are there?"
 */
import assert from "node:assert/strict";
import { defineComputeTool, Supervisor, type SupervisorOptions } from "coppice";

const primes = defineComputeTool({
  name: "primes",
  description: "Counts the primes below a number.",
  input: { type: "object", properties: { below: { type: "number" } }, required: ["below"] },
  module: new URL("./09-primes.ts", import.meta.url).href,
  timeoutMs: 1_500,
  memoryMb: 128,
});
const asks = [20_000, -1, 100];

const options = {
  threads: 0,
  tools: [primes],
  agents: {
    counter: {
      model: {
        provider: "scripted",
        steps: [
          ...asks.map((below) => ({ toolCalls: [{ name: "primes", input: { below } }] })),
          { text: "There are enough of them." },
        ],
      },
      tools: ["primes"],
    },
  },
} satisfies SupervisorOptions;
export default options;

// What `node` runs; `coppice run` takes the options and tells by itself what happens.
if (import.meta.main) {
  await using supervisor = await Supervisor.start(options);

  const seen: unknown[] = [];
  supervisor.on("tool.finished", (end) => {
    const found = end.isError ? end.error?.code : end.result;
    console.log(`> primes below ${asks[seen.length]}: ${found}`);
    seen.push(found);
  });

  let ticks = 0;
  const ticking = setInterval(() => (ticks += 1), 10);
  const outcome = await supervisor.run("counter", { input: "How many primes are there?" });
  clearInterval(ticking);
  console.log(`> meanwhile the supervisor's own thread was free: ${ticks > 20}`);

  assert.equal(outcome.status, "completed");
  console.log(`> ${outcome.path} completed: ${outcome.output}`);
  assert.deepEqual(seen, [2262, "TOOL_TIMED_OUT", 25]);
  assert(ticks > 20);
}
