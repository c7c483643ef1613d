import { generateText, isStepCount, tool } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { z } from "zod";
import { expectRun, nothingToStop, type Peer, TOOL_TURNS, TURNS } from "./peer.ts";

const name = "Vercel AI SDK";
const usage = {
  inputTokens: { total: 9, noCache: 9, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};

export function vercel(): Peer {
  let added = 0;
  let turn = 0;
  const add = tool({
    description: "Adds.",
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    execute: async ({ a, b }) => {
      added += 1;
      return a + b;
    },
  });
  const doGenerate: MockLanguageModelV4["doGenerate"] = async () => {
    turn += 1;
    const call = { toolCallId: `c${turn}`, toolName: "add", input: '{"a":1,"b":2}' };
    return turn > TOOL_TURNS
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
  };
  return {
    name,
    async run() {
      added = 0;
      turn = 0;
      // A mock for each run, since it keeps what it was called with.
      const model = new MockLanguageModelV4({ doGenerate });
      const stopWhen = isStepCount(TURNS);
      const { text } = await generateText({ model, tools: { add }, stopWhen, prompt: "go" });
      expectRun(name, added, text);
    },
    [Symbol.asyncDispose]: nothingToStop,
  };
}
