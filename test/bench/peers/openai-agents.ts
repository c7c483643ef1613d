import { Agent, type AgentOutputItem, type Model, Runner, tool, Usage } from "@openai/agents";
import { z } from "zod";
import { nothingKept } from "../figure.ts";
import { type Adder, isDone, type Peer, TURNS } from "./peer.ts";

const model: Model = {
  async getResponse({ input }) {
    const usage = new Usage({ inputTokens: 9, outputTokens: 1, totalTokens: 10, requests: 1 });
    const call = { callId: `c${input.length}`, name: "add", arguments: '{"a":1,"b":2}' };
    // A text is the question alone.
    const output: AgentOutputItem =
      typeof input !== "string" && isDone(input.length, 1)
        ? {
            type: "message",
            role: "assistant",
            status: "completed",
            content: [{ type: "output_text", text: "done" }],
          }
        : { type: "function_call", status: "completed", ...call };
    return { usage, output: [output] };
  },
  getStreamedResponse() {
    throw new Error("The bench does not stream");
  },
};

export function openaiAgents(adder: Adder): Peer {
  const add = tool({
    name: "add",
    description: "Adds.",
    parameters: z.object({ a: z.number(), b: z.number() }),
    execute: async ({ a, b }) => adder.add(a, b),
  });
  const agent = new Agent({ name: "adder", instructions: "Add.", model, tools: [add] });
  const runner = new Runner({ tracingDisabled: true });
  return {
    async run() {
      const { newItems, finalOutput } = await runner.run(agent, "go", { maxTurns: TURNS });
      const results = newItems.filter(({ type }) => type === "tool_call_output_item");
      return { calls: results.length, said: finalOutput };
    },
    [Symbol.asyncDispose]: nothingKept,
  };
}
