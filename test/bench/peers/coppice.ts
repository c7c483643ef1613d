import { defineTool, Supervisor } from "../../../src/index.ts";
import { script } from "../loop.ts";
import { expectRun, type Peer, TOOL_TURNS, TURNS } from "./peer.ts";

/** Ours, with permission, reservation, events and memory journal on, each turn over a port. */
export async function coppice(threads: number): Promise<Peer> {
  let added = 0;
  const add = defineTool({
    name: "add",
    description: "Adds.",
    input: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
    execute: ({ a, b }) => {
      added += 1;
      return (a ?? 0) + (b ?? 0);
    },
  });
  const supervisor = await Supervisor.start({
    threads,
    tools: [add],
    limits: { turns: TURNS },
    budget: { usd: 1_000, tokens: 1e12, toolCalls: 1e9 },
    agents: { adder: { model: script(TOOL_TURNS), tools: ["add"], instructions: "Add." } },
  });
  const name = threads === 0 ? "Coppice, threads: 0" : "Coppice, on a thread";
  return {
    name,
    async run() {
      added = 0;
      const outcome = await supervisor.run("adder", { input: "go" });
      expectRun(name, added, outcome.status === "completed" ? outcome.output : outcome);
    },
    [Symbol.asyncDispose]: () => supervisor.stop(),
  };
}
