import type { Json, JsonSchema } from "./json.ts";
import type { RenamedKeys } from "./renamed-keys.ts";

/** A mark where the service may end a cached prefix, in the shape of Anthropic's Messages API. */
export interface CacheMark {
  readonly type: "ephemeral";
  /** The lifetime of the cache. Default five minutes. */
  readonly ttl?: "5m" | "1h";
}

/** A content block, in the shape of Anthropic's Messages API. */
export type Block =
  | { readonly type: "text"; readonly text: string; readonly cache_control?: CacheMark }
  | { readonly type: "image"; readonly source: Json; readonly cache_control?: CacheMark }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "redacted_thinking"; readonly data: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: Json }
  | {
      readonly type: "tool_result";
      readonly tool_use_id: string;
      readonly content: string | readonly Block[];
      readonly is_error?: boolean;
    };

/** A message of an agent's conversation with its model. */
export interface TurnMessage {
  readonly role: "user" | "assistant";
  readonly content: string | readonly Block[];
  /**
   * Omits this message and as many before it from every later request, because their turn was
   * refused. The history keeps them.
   */
  readonly omits?: number;
}

/**
 * A tool as a model sees it: `subject` is the library's name (`fs/read`), `name` the model's
 * (`fs__read`).
 */
export interface ToolCard {
  readonly subject: string;
  readonly name: string;
  readonly description: string;
  /** The schema as the model sees it. */
  readonly inputSchema: JsonSchema;
  /** The mapping of its keys to the tool's own, when they differ. */
  readonly keys?: RenamedKeys;
}

/** The tokens of one model call as its service reported them. */
export interface TokenUsage {
  /** Input tokens that were neither read from nor written to the cache. */
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** The part of `cacheWriteTokens` that was written for one hour. Left out: none. */
  readonly cacheWrite1hTokens?: number;
  readonly outputTokens: number;
  /** Web searches that the service itself made. Left out: none. */
  readonly webSearches?: number;
}

/** Returns all text of a message. */
export function textIn({ content }: TurnMessage): string {
  if (typeof content === "string") return content;
  return content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

/** The result that closes a call without a result, so that no call is left without its pair. */
export const cancelledResult = { content: "cancelled", is_error: true } as const;

/**
 * Returns the message that closes the calls of a turn that was cut off; undefined when none is
 * open.
 */
export function closingMessage(transcript: readonly TurnMessage[]): TurnMessage | undefined {
  const last = transcript.at(-1);
  if (last?.role !== "assistant" || typeof last.content === "string") return undefined;
  const results = last.content.flatMap((block): Block[] =>
    block.type === "tool_use"
      ? [{ type: "tool_result", tool_use_id: block.id, ...cancelledResult }]
      : [],
  );
  return results.length === 0 ? undefined : { role: "user", content: results };
}

/** True when a user asked for one hour of cache anywhere in a conversation. */
export function asksForAnHour(messages: readonly TurnMessage[]): boolean {
  return messages.some(({ content }) => {
    const blocks = typeof content === "string" ? [] : content;
    return blocks.some((block) => "cache_control" in block && block.cache_control?.ttl === "1h");
  });
}
