import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";
import { tool } from "@langchain/core/tools";
import { createReactAgent } from "@langchain/langgraph/prebuilt";
import { z } from "zod";
import { nothingKept } from "../figure.ts";
import { type Adder, isDone, type Peer, TURNS } from "./peer.ts";

class InstantModel extends BaseChatModel {
  override _llmType(): string {
    return "instant";
  }

  override bindTools(): this {
    return this;
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const call = { id: `c${messages.length}`, name: "add", args: { a: 1, b: 2 } };
    const message = isDone(messages.length, 2)
      ? new AIMessage("done")
      : new AIMessage({ content: "", tool_calls: [{ ...call, type: "tool_call" }] });
    return { generations: [{ text: message.text, message }] };
  }
}

export function langGraph(adder: Adder): Peer {
  const add = tool(async ({ a, b }) => String(adder.add(a, b)), {
    name: "add",
    description: "Adds.",
    schema: z.object({ a: z.number(), b: z.number() }),
  });
  const agent = createReactAgent({ llm: new InstantModel({}), tools: [add], prompt: "Add." });
  return {
    async run() {
      const input = { messages: [{ role: "user", content: "go" }] };
      // Its bound counts nodes of the graph: model and tools are one each.
      const { messages } = await agent.invoke(input, { recursionLimit: 2 * TURNS + 1 });
      const results = messages.filter((message) => message.getType() === "tool");
      return { calls: results.length, said: messages.at(-1)?.text };
    },
    [Symbol.asyncDispose]: nothingKept,
  };
}
