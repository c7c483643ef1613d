import type { Json } from "../wire/json.ts";
import type { AnthropicModel } from "../wire/spec.ts";
import type { Block, TurnMessage } from "../wire/transcript.ts";
import type { ModelRequest } from "./model.ts";

type Marked<T> = T & { readonly cache_control?: { readonly type: "ephemeral" } };
type Turn = { readonly role: TurnMessage["role"]; readonly content: readonly Marked<Block>[] };

/** The body of `POST /v1/messages`. */
export interface MessagesBody {
  readonly model: string;
  readonly max_tokens: number;
  readonly stream: true;
  readonly system?: readonly Marked<{ readonly type: "text"; readonly text: string }>[];
  readonly messages: readonly Turn[];
  readonly tools?: readonly Marked<{
    readonly name: string;
    readonly description: string;
    readonly input_schema: Json;
  }>[];
  readonly temperature?: number;
  readonly thinking?: Json;
}

/** Translates a request; with caching, marks what the next call of the conversation will reuse. */
export function messagesBody(spec: AnthropicModel, request: ModelRequest): MessagesBody {
  const cached = spec.cache !== false;
  const tools = request.tools.map(({ name, description, inputSchema }) => {
    return { name, description, input_schema: inputSchema };
  });
  const messages = sayable(request.messages);
  return {
    model: spec.model,
    max_tokens: request.maxTokens,
    stream: true,
    messages: cached ? markTurns(messages) : messages,
    ...(request.system?.trim() && {
      system: markLast([{ type: "text" as const, text: request.system }], cached),
    }),
    ...(tools.length > 0 && { tools: markLast(tools, cached) }),
    ...(spec.temperature !== undefined && { temperature: spec.temperature }),
    ...(spec.thinking !== undefined && { thinking: fitThinking(spec.thinking, request.maxTokens) }),
  };
}

/** The service refuses blank text and empty messages, yet a model's own turn can be empty. */
function sayable(messages: readonly TurnMessage[]): Turn[] {
  return messages
    .map(({ role, content }) => ({ role, content: withoutBlank(content) }))
    .filter(({ content }) => content.length > 0);
}

function withoutBlank(content: string | readonly Block[]): Block[] {
  const blocks = typeof content === "string" ? [textBlock(content)] : content;
  return blocks
    .filter((block) => block.type !== "text" || block.text.trim() !== "")
    .map((block) =>
      block.type === "tool_result" && typeof block.content !== "string"
        ? { ...block, content: withoutBlank(block.content) }
        : block,
    );
}

function textBlock(text: string): Block {
  return { type: "text", text };
}

/**
 * Marks the end of the conversation, and where it ended in the call before: the service looks
 * back only 20 blocks for an earlier mark, and one turn of parallel tool calls can be longer.
 * With tools and system this makes four marks, which is the most that is allowed.
 */
function markTurns(messages: readonly Turn[]): Turn[] {
  const before = messages.findLastIndex(({ role }) => role === "assistant") - 1;
  return messages.map((turn, index) =>
    index === before || index === messages.length - 1
      ? { ...turn, content: markLast(turn.content, isMarkable(turn.content.at(-1))) }
      : turn,
  );
}

function isMarkable(block: Block | undefined): boolean {
  return block?.type !== "thinking" && block?.type !== "redacted_thinking";
}

function markLast<T extends object>(items: readonly T[], mark: boolean): readonly Marked<T>[] {
  const last = items.at(-1);
  if (!mark || last === undefined) return items;
  return [...items.slice(0, -1), { ...last, cache_control: { type: "ephemeral" } }];
}

/**
 * A budget can lower `maxTokens` below what the spec lets the model think, which the service
 * refuses: then it thinks less. Under its minimum of 1,024 it does not think.
 */
function fitThinking(thinking: Json, maxTokens: number): Json {
  if (typeof thinking !== "object" || thinking === null || !("budget_tokens" in thinking)) {
    return thinking;
  }
  const { budget_tokens: budget } = thinking;
  if (typeof budget !== "number" || budget < maxTokens) return thinking;
  return maxTokens > 1_024 ? { ...thinking, budget_tokens: maxTokens - 1 } : { type: "disabled" };
}
