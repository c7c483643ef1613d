import type { ScriptedStep } from "../wire/spec.ts";
import type { Block } from "../wire/transcript.ts";
import type { ModelReply } from "./model.ts";
import { stepUsage } from "./scripted-usage.ts";

/**
 * Returns the reply of a step to call number `turn`: its text, then its tool calls.
 *
 * **Guarantees** The ids of tool calls depend on `turn` and their order only, so that a call that
 * is made again after a crash meets its recorded results.
 */
export function stepReply(step: ScriptedStep, turn: number): ModelReply {
  const content: Block[] = [];
  if (step.text) content.push({ type: "text", text: step.text });
  for (const { name, input } of step.toolCalls ?? []) {
    content.push({ type: "tool_use", id: toolCallId(turn, content.length), name, input });
  }
  const stopReason = step.toolCalls?.length ? "tool_use" : "end_turn";
  return { content, stopReason, usage: stepUsage(step) };
}

/**
 * Returns the id of the tool call that is block number `index` of the reply to call number `turn`.
 */
export function toolCallId(turn: number, index: number): string {
  return `call_${turn}_${index}`;
}
