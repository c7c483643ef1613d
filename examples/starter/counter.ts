/** An agent: its model, its instructions, and the tools that it may use. */
import type { AgentSpec } from "coppice";

const text = "A coppice is a stand of trees cut back to the stump so that it grows again.";

export const counter: AgentSpec = {
  // A script in place of a model: no key, no cost, always the same. For a real one delete it, take
  // the comment signs off the next line, and set ANTHROPIC_API_KEY.
  // model: "anthropic:claude-haiku-5-5",
  model: {
    provider: "scripted",
    steps: [
      { text: "Let me count.", toolCalls: [{ name: "count_words", input: { text } }] },
      { text: "There are 17 words in it." },
    ],
  },
  instructions: "You count words. Do it with the tool, and answer with one sentence.",
  tools: ["count_words"],
  // Its task, where --input gives no other.
  input: `How many words are there in this sentence? ${text}`,
};
