import { likelyTokens } from "../wire/likely-tokens.ts";
import { isCount, MAX_TOKENS_OF_ONE } from "../wire/token-counts.ts";
import type { SaidByModule } from "./module-reply.ts";

/** A block of a stream so far. Its signature is no output. */
export interface SeenBlock {
  readonly open: {
    readonly type: string;
    readonly data?: unknown;
    readonly name?: unknown;
    readonly input?: unknown;
  };
  readonly text: string;
  readonly thinking: string;
  /** Arguments of a call, as JSON text. */
  readonly json: string;
}

/** Estimates the tokens of output that were streamed. */
export function seenTokens(blocks: Iterable<SeenBlock>): number {
  let tokens = 0;
  for (const { open, text, thinking, json } of blocks) {
    tokens += likelyTokens(text) + likelyTokens(thinking);
    for (const written of [open.data, open.name]) {
      if (typeof written === "string") tokens += likelyTokens(written);
    }
    tokens += Math.max(inputTokens(open.input), likelyTokens(json));
  }
  return tokens;
}

/** Counts the web searches of a service in its stream. */
export function seenSearches(blocks: readonly SeenBlock[]): number {
  return blocks.filter(({ open: { type, name } }) => {
    return type === "server_tool_use" && name === "web_search";
  }).length;
}

/** Estimates the tokens of output that a module streamed. */
export function saidTokens({ text, toolCalls }: Pick<SaidByModule, "text" | "toolCalls">): number {
  let tokens = likelyTokens(text);
  for (const { name, input } of toolCalls) tokens += likelyTokens(name) + inputTokens(input);
  return tokens;
}

/** True when a report of a service has a valid figure for the output. */
export function saysOutput(report: unknown): boolean {
  const { output_tokens } = (report ?? {}) as { readonly output_tokens?: unknown };
  return isCount(output_tokens, MAX_TOKENS_OF_ONE) && output_tokens > 0;
}

/**
 * Estimates the tokens of a call's arguments. They may come with the opening of the call, where
 * most services have `{}`.
 */
function inputTokens(input: unknown): number {
  if (input === undefined || input === null || input === "") return 0;
  if (typeof input === "object" && Object.keys(input).length === 0) return 0;
  return likelyTokens(JSON.stringify(input));
}
