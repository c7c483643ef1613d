import { generateText, isStepCount, type LanguageModel, tool } from "ai";
import { z } from "zod";
import { nothingKept } from "../figure.ts";
import { type Adder, isDone, type Peer, TURNS } from "./peer.ts";

const usage = {
  inputTokens: { total: 9, noCache: 9, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};
const model: Extract<LanguageModel, { specificationVersion: "v4" }> = {
  specificationVersion: "v4",
  provider: "bench",
  modelId: "instant",
  supportedUrls: {},
  async doGenerate({ prompt }) {
    const call = { toolCallId: `c${prompt.length}`, toolName: "add", input: '{"a":1,"b":2}' };
    return isDone(prompt.length, 2)
      ? {
          content: [{ type: "text", text: "done" }],
          finishReason: { unified: "stop", raw: "stop" },
          usage,
          warnings: [],
        }
      : {
          content: [{ type: "tool-call", ...call }],
          finishReason: { unified: "tool-calls", raw: "tool_calls" },
          usage,
          warnings: [],
        };
  },
  doStream() {
    throw new Error("The bench does not stream");
  },
};

export function vercel(adder: Adder): Peer {
  const add = tool({
    description: "Adds.",
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    execute: async ({ a, b }) => adder.add(a, b),
  });
  const stopWhen = isStepCount(TURNS);
  const agent = { model, tools: { add }, stopWhen, instructions: "Add.", prompt: "go" };
  return {
    async run() {
      const { steps, text } = await generateText(agent);
      const calls = steps.reduce((sum, { toolResults }) => sum + toolResults.length, 0);
      return { calls, said: text };
    },
    [Symbol.asyncDispose]: nothingKept,
  };
}
