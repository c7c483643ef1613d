/** The model of example 5: it makes the calls that its spec names, and tells what they gave. */
import type { ModuleReply, ModuleRequest, ScriptedStep, TurnMessage } from "coppice";

type Calls = NonNullable<ScriptedStep["toolCalls"]>;

/** `options` is what stands beside `provider` in the spec. */
export default function stubborn({ messages, turn, options }: ModuleRequest): ModuleReply {
  if (turn === 0) return { toolCalls: options.calls as unknown as Calls };
  const { content } = messages.at(-1) as TurnMessage;
  const blocks = typeof content === "string" ? [] : content;
  // A budget that comes near its end is told beside the results, as a line of text.
  const results = blocks.filter((block) => block.type === "tool_result");
  const words = results.map(({ content }) => word(content));
  return words.join(" ");
}

/** A refusal begins with its code. */
function word(content: unknown): string {
  return String(content).split(/[: ]/, 1).join();
}
