import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";
import { tool } from "@langchain/core/tools";
import { createReactAgent } from "@langchain/langgraph/prebuilt";
import { z } from "zod";
import { expectRun, nothingToStop, type Peer, TOOL_TURNS, TURNS } from "./peer.ts";

const name = "LangGraph";

class InstantModel extends BaseChatModel {
  turn = 0;

  override _llmType(): string {
    return "instant";
  }

  override bindTools(): this {
    return this;
  }

  override async _generate(): Promise<ChatResult> {
    this.turn += 1;
    const call = { id: `c${this.turn}`, name: "add", args: { a: 1, b: 2 } };
    const message =
      this.turn > TOOL_TURNS
        ? new AIMessage("done")
        : new AIMessage({ content: "", tool_calls: [{ ...call, type: "tool_call" }] });
    return { generations: [{ text: message.text, message }] };
  }
}

export function langGraph(): Peer {
  let added = 0;
  const add = tool(
    async ({ a, b }) => {
      added += 1;
      return String(a + b);
    },
    { name: "add", description: "Adds.", schema: z.object({ a: z.number(), b: z.number() }) },
  );
  const model = new InstantModel({});
  const agent = createReactAgent({ llm: model, tools: [add] });
  return {
    name,
    async run() {
      added = 0;
      model.turn = 0;
      const input = { messages: [{ role: "user", content: "go" }] };
      // Its bound counts nodes of the graph: model and tools are one each.
      const { messages } = await agent.invoke(input, { recursionLimit: 2 * TURNS + 1 });
      expectRun(name, added, messages.at(-1)?.text);
    },
    [Symbol.asyncDispose]: nothingToStop,
  };
}
