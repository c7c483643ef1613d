import { Agent, type AgentOutputItem, type Model, Runner, tool, Usage } from "@openai/agents";
import { z } from "zod";
import { expectRun, nothingToStop, type Peer, TOOL_TURNS, TURNS } from "./peer.ts";

const name = "OpenAI Agents";

export function openaiAgents(): Peer {
  let added = 0;
  let turn = 0;
  const add = tool({
    name: "add",
    description: "Adds.",
    parameters: z.object({ a: z.number(), b: z.number() }),
    execute: async ({ a, b }) => {
      added += 1;
      return a + b;
    },
  });
  const model: Model = {
    async getResponse() {
      turn += 1;
      const usage = new Usage({ inputTokens: 9, outputTokens: 1, totalTokens: 10, requests: 1 });
      const call = { callId: `c${turn}`, name: "add", arguments: '{"a":1,"b":2}' };
      const output: AgentOutputItem =
        turn > TOOL_TURNS
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
  const agent = new Agent({ name: "adder", instructions: "Add.", model, tools: [add] });
  const runner = new Runner({ tracingDisabled: true });
  return {
    name,
    async run() {
      added = 0;
      turn = 0;
      const { finalOutput } = await runner.run(agent, "go", { maxTurns: TURNS });
      expectRun(name, added, finalOutput);
    },
    [Symbol.asyncDispose]: nothingToStop,
  };
}
