import { defineTool, Supervisor } from "../../../src/index.ts";
import { script } from "../loop.ts";
import { type Adder, type Peer, TOOL_TURNS, TURNS } from "./peer.ts";

/** Ours, with permission, reservation, events and memory journal on. */
export async function coppice({ add }: Adder, agents: number, threads: number): Promise<Peer> {
  const tool = defineTool({
    name: "add",
    description: "Adds.",
    input: {
      type: "object",
      properties: { a: { type: "number" }, b: { type: "number" } },
      required: ["a", "b"],
    },
    execute: ({ a, b }) => add(a, b),
  });
  const supervisor = await Supervisor.start({
    threads,
    tools: [tool],
    limits: { turns: TURNS, concurrency: agents },
    budget: { usd: 1_000, tokens: 1e12, toolCalls: 1e9 },
    agents: { adder: { model: script(TOOL_TURNS), tools: ["add"], instructions: "Add." } },
  });
  return {
    async run() {
      const outcome = await supervisor.run("adder", { input: "go" });
      const said = outcome.status === "completed" ? outcome.output : outcome;
      return { calls: outcome.usage.toolCalls, said };
    },
    [Symbol.asyncDispose]: () => supervisor.stop(),
  };
}
