/** The model of a scout: it looks, then tells what it saw and what it was asked meanwhile. */
import type { ModuleReply, ModuleRequest } from "coppice";

export default function scout({ messages, turn }: ModuleRequest): ModuleReply {
  const input = { where: String(messages[0]?.content) };
  if (turn === 0) return { text: "I go.", toolCalls: [{ name: "look", input }] };
  // A message stands in the next user turn, beside the results of the calls.
  const blocks = messages.flatMap(({ content }) => (typeof content === "string" ? [] : content));
  const seen = blocks.map((block) => (block.type === "tool_result" ? block.content : "")).join("");
  const asked = blocks.some((block) => block.type === "text" && /boats/.test(block.text));
  return asked ? `I see ${seen}, with 3 boats.` : `I see ${seen}.`;
}
