/** How the models of this folder read their conversation and say their answers. */
import { setTimeout as delay } from "node:timers/promises";
import type { Json, ModuleDelta, ModuleRequest } from "coppice";

export type Request = ModuleRequest;
/** A piece of a streamed answer. */
export type Delta = ModuleDelta;

export interface Context {
  readonly signal: AbortSignal;
}

/** What one call of a tool came to. */
export interface Result {
  readonly text: string;
  readonly failed: boolean;
}

/** The text that the agent was given when it was spawned. */
export function inputOf({ messages }: Request): string {
  const first = messages[0]?.content ?? "";
  if (typeof first === "string") return first;
  return first.map((block) => (block.type === "text" ? block.text : "")).join("");
}

/** The value of a line `Name: value` of the agent's input. */
export function lineOf(request: Request, name: string): string {
  const line = inputOf(request).match(new RegExp(`^${name}: (.*)$`, "m"));
  return line?.[1] ?? "";
}

/** What the calls of a tool have returned so far, in their order. */
export function resultsOf({ messages }: Request, tool: string): Result[] {
  const blocks = messages.flatMap(({ content }) => (typeof content === "string" ? [] : content));
  const ids = blocks.flatMap((block) =>
    block.type === "tool_use" && block.name === tool ? [block.id] : [],
  );
  return blocks.flatMap((block) => {
    if (block.type !== "tool_result" || !ids.includes(block.tool_use_id)) return [];
    const text = typeof block.content === "string" ? block.content : JSON.stringify(block.content);
    return [{ text, failed: block.is_error === true }];
  });
}

/** Says a text word by word, so that a person can follow. Stops when the call is cancelled. */
export async function* say(text: string, { signal }: Context, msPerWord = 25) {
  for (const word of text.split(/(?<=\s)/)) {
    await delay(msPerWord, undefined, { signal });
    yield word;
  }
  yield "\n";
}

export function call(name: string, input: Json): Delta {
  return { toolCall: { name, input } };
}

/** Adds to an answer what it used, as a service would tell: about four characters a token. */
export async function* metered(request: Request, answer: AsyncIterable<Delta>) {
  let said = 0;
  for await (const delta of answer) {
    said += typeof delta === "string" ? delta.length : JSON.stringify(delta).length;
    yield delta;
  }
  const read = JSON.stringify(request.messages).length;
  yield { usage: { inputTokens: Math.ceil(read / 4), outputTokens: Math.ceil(said / 4) } };
}
