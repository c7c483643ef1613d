/**
 * The model of the lead in 02-sub-agents.ts: a function from a conversation to what is said next.
 * It runs on a worker thread, as everything of an agent does.
 */
import type { Block, ModuleReply, ModuleRequest, TurnMessage } from "coppice";

/** `turn` counts the answers that it gave before. */
export default function lead({ messages, turn }: ModuleRequest): ModuleReply {
  switch (turn) {
    case 0:
      return {
        text: "Two scouts shall go out at once.",
        toolCalls: ["north", "south"].map((name) => ({
          name: "spawn_agent",
          input: { agent: "scout", name, input: name, background: true },
        })),
      };
    case 1:
      return {
        text: "One more thing for the scout in the north.",
        toolCalls: [
          { name: "send_message", input: { to: "north", message: "Count the boats, too." } },
        ],
      };
    case 2:
      return { text: "Now I wait.", toolCalls: [{ name: "wait_agents", input: {} }] };
    case 3: {
      const reports = JSON.parse(lastResult(messages)) as { name: string; output: string }[];
      const all = reports.map(({ name, output }) => `In the ${name}: ${output}`).join(" ");
      const input = { agent: "editor", input: all };
      return { text: "An editor shall judge it.", toolCalls: [{ name: "spawn_agent", input }] };
    }
    default:
      return `The editor says: ${lastResult(messages)}`;
  }
}

/** What the last call of the turn before came to, as the model reads it. */
function lastResult(messages: readonly TurnMessage[]): string {
  const blocks = messages.flatMap(({ content }) => (typeof content === "string" ? [] : content));
  const isResult = (block: Block) => block.type === "tool_result";
  const last = blocks.findLast(isResult) as Extract<Block, { readonly type: "tool_result" }>;
  return typeof last.content === "string" ? last.content : "";
}
