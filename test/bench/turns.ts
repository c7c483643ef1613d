import { defineTool, Supervisor } from "coppice";
import { expectAll, type Figure, type Prepared, type Size, sized, timed } from "./figure.ts";
import { script } from "./loop.ts";

const TOOL_TURNS = 20;
const TURNS = TOOL_TURNS + 1;

const add = defineTool({
  name: "add",
  description: "Adds.",
  input: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
  execute: ({ a, b }) => (a ?? 0) + (b ?? 0),
});

/** One agent after the other: what a turn costs when nothing can be batched. */
export const oneAgent: Figure = {
  name: "turn-1",
  what: "per turn of 1 agent on 1 thread: loop, port, permission, reservation, events, tool",
  unit: "us",
  prepare: (size) => prepare({ threads: 1, agents: 1, runs: sized(100, size) }),
};

export const manyAgents: Figure = {
  name: "turn-500",
  what: "per turn in total of 500 agents at once on 2 threads, the same path",
  unit: "us",
  prepare: (size: Size) => prepare({ threads: 2, agents: 500, runs: size === "full" ? 3 : 1 }),
};

async function prepare(of: {
  readonly threads: number;
  readonly agents: number;
  readonly runs: number;
}): Promise<Prepared> {
  const { threads, agents, runs } = of;
  const supervisor = await Supervisor.start({
    threads,
    tools: [add],
    limits: { concurrency: agents, turns: TURNS },
    budget: { usd: 1_000, tokens: 1e12, toolCalls: 1e9 },
    agents: { adder: { model: script(TOOL_TURNS), tools: ["add"], instructions: "Add." } },
  });
  const run = async (): Promise<void> => {
    const started = Array.from({ length: agents }, () => supervisor.run("adder", { input: "go" }));
    const outcomes = await Promise.all(started);
    const completed = outcomes.filter(({ status }) => status === "completed");
    expectAll("completed agents", completed.length, agents);
  };
  return {
    async round() {
      const ms = await timed(async () => {
        for (let n = 0; n < runs; n += 1) await run();
      });
      return (ms * 1_000) / (runs * agents * TURNS);
    },
    [Symbol.asyncDispose]: () => supervisor.stop(),
  };
}
