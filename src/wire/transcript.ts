import type { Json, JsonSchema } from "./json.ts";
import type { RenamedKeys } from "./renamed-keys.ts";

/** Where the service may cut its cache, in the shape of Anthropic's Messages API. */
export interface CacheMark {
  readonly type: "ephemeral";
  /** Default five minutes. */
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

/** One message of an agent's conversation with its model. */
export interface TurnMessage {
  readonly role: "user" | "assistant";
  readonly content: string | readonly Block[];
  /**
   * Leaves as many messages before this one, and this one itself, out of every later request:
   * its turn was refused. The history keeps them.
   */
  readonly omits?: number;
}

/** A tool as a model sees it: `subject` is our name (`fs/read`), `name` its own (`fs__read`). */
export interface ToolCard {
  readonly subject: string;
  readonly name: string;
  readonly description: string;
  /** As the model is shown it. */
  readonly inputSchema: JsonSchema;
  /** Where keys in it are not those of the tool: how what a model says becomes true. */
  readonly keys?: RenamedKeys;
}

/** Tokens of one model call as its service reported them. */
export interface TokenUsage {
  /** Input tokens that were neither read from nor written to the cache. */
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** Of `cacheWriteTokens`, those that were written for one hour. Left out: none. */
  readonly cacheWrite1hTokens?: number;
  readonly outputTokens: number;
  /** Searches that the service itself made on the web. Left out: none. */
  readonly webSearches?: number;
}

/** All text of a message. */
export function textIn({ content }: TurnMessage): string {
  if (typeof content === "string") return content;
  return content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

/** How a call that will have no result is closed, so that none is left without its pair. */
export const cancelledResult = { content: "cancelled", is_error: true } as const;

/** What closes the calls of a turn that was cut off; undefined when none is open. */
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

/** Whether a user asked for an hour of cache somewhere in a conversation. */
export function asksForAnHour(messages: readonly TurnMessage[]): boolean {
  return messages.some(({ content }) => {
    const blocks = typeof content === "string" ? [] : content;
    return blocks.some((block) => "cache_control" in block && block.cache_control?.ttl === "1h");
  });
}
