import type { Json, JsonSchema } from "./json.ts";

/** A content block, in the shape of Anthropic's Messages API. */
export type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly source: Json }
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
}

/** A tool as a model sees it: `subject` is our name (`fs/read`), `name` its own (`fs__read`). */
export interface ToolCard {
  readonly subject: string;
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
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
