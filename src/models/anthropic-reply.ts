import type { Json } from "../wire/json.ts";
import { promptOf } from "../wire/token-counts.ts";
import type { Block, TokenUsage } from "../wire/transcript.ts";
import type { ModelReply } from "./model.ts";
import { saysOutput, seenTokens } from "./seen-usage.ts";
import { noTokens } from "./token-usage.ts";

interface ReportedUsage {
  readonly input_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
  readonly output_tokens?: number | null;
}

interface OpenBlock {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly signature?: string;
  readonly data?: string;
  readonly id?: string;
  readonly name?: string;
}

interface BlockDelta {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly signature?: string;
  readonly partial_json?: string;
}

/** A server-sent event of the Messages API, as far as we read it. */
export type MessageEvent =
  | { readonly type: "message_start"; readonly message: { readonly usage: ReportedUsage } }
  | {
      readonly type: "content_block_start";
      readonly index: number;
      readonly content_block: OpenBlock;
    }
  | { readonly type: "content_block_delta"; readonly index: number; readonly delta: BlockDelta }
  | { readonly type: "content_block_stop"; readonly index: number }
  | {
      readonly type: "message_delta";
      readonly delta: { readonly stop_reason: string | null };
      readonly usage: ReportedUsage;
    }
  | { readonly type: "message_stop" };

/** A reply that grows with each event of its stream. */
export interface GrowingReply {
  /** Takes in an event and returns the text that it added. */
  add(event: MessageEvent): string;
  /** All text until now. */
  text(): string;
  /**
   * What the service has said that it used until now; of output that it has not said for good, the
   * larger of what it said and what was seen.
   */
  usage(): TokenUsage;
  /** The whole reply, or undefined when the stream ended before it was whole. */
  whole(): ModelReply | undefined;
}

export function growReply(): GrowingReply {
  const blocks = new Map<number, { open: Record<string, string>; json: string }>();
  let usage = noTokens;
  let stopReason: string | undefined;
  let stopped = false;
  // The figure of `message_start` is a placeholder: only a later one counts output.
  let isOutputSaid = false;
  let text = "";

  const append = (index: number, field: string, more: string | undefined): void => {
    const block = blocks.get(index);
    if (block && more) block.open[field] = (block.open[field] ?? "") + more;
  };
  const say = (more: string | undefined): string => {
    text += more ?? "";
    return more ?? "";
  };

  const used = (): TokenUsage => {
    if (isOutputSaid) return usage;
    return { ...usage, outputTokens: Math.max(usage.outputTokens, seenTokens(blocks.values())) };
  };

  return {
    add(event) {
      switch (event.type) {
        case "message_start":
          usage = { ...reported(event.message.usage, usage), outputTokens: 0 };
          return "";
        case "content_block_start":
          blocks.set(event.index, { open: stringsOf(event.content_block), json: "" });
          return say(event.content_block.text);
        case "content_block_delta": {
          const { delta, index } = event;
          const block = blocks.get(index);
          if (block && delta.partial_json) block.json += delta.partial_json;
          append(index, "thinking", delta.thinking);
          append(index, "signature", delta.signature);
          append(index, "text", delta.text);
          return say(delta.text);
        }
        case "message_delta":
          stopReason = event.delta.stop_reason ?? stopReason;
          usage = reported(event.usage, usage);
          isOutputSaid = stopReason !== undefined && saysOutput(event.usage);
          return "";
        case "message_stop":
          stopped = true;
          return "";
        default:
          return "";
      }
    },
    text: () => text,
    usage: used,
    whole() {
      if (!stopped || stopReason === undefined) return undefined;
      const content: Block[] = [];
      for (const { open, json } of blocks.values()) {
        const block = closeBlock(open, json, stopReason);
        if (block === "broken") return undefined;
        if (block !== "nothing") content.push(block);
      }
      const isKnown = isOutputSaid && promptOf(usage) > 0;
      return { content, stopReason, usage: used(), ...(!isKnown && { partial: true }) };
    },
  };
}

/** Later reports are totals; a field that one leaves out keeps its value. */
function reported(report: ReportedUsage, known: TokenUsage): TokenUsage {
  return {
    inputTokens: report.input_tokens ?? known.inputTokens,
    cacheReadTokens: report.cache_read_input_tokens ?? known.cacheReadTokens,
    cacheWriteTokens: report.cache_creation_input_tokens ?? known.cacheWriteTokens,
    outputTokens: report.output_tokens ?? known.outputTokens,
  };
}

function stringsOf(block: OpenBlock): Record<string, string> {
  return Object.fromEntries(Object.entries(block).filter(([, value]) => typeof value === "string"));
}

/** Thinking is kept as it came, with its signature: the service wants it back unchanged. */
function closeBlock(
  open: Record<string, string>,
  json: string,
  stopReason: string,
): Block | "nothing" | "broken" {
  const { type, text = "", thinking = "", signature = "", data = "", id = "", name = "" } = open;
  switch (type) {
    case "text":
      return text === "" ? "nothing" : { type, text };
    case "thinking":
      // Cut before its signature came, it is nothing that the service would take back.
      if (signature === "" && stopReason === "max_tokens") return "nothing";
      return { type, thinking, signature };
    case "redacted_thinking":
      return { type, data };
    case "tool_use": {
      const input = parseInput(json, stopReason);
      if (input !== undefined) return { type, id, name, input };
      if (stopReason === "tool_use") return "broken";
      // Cut off: it cannot be run, but it is kept, so that the model is told of it as its result.
      return stopReason === "max_tokens" ? { type, id, name, input: {} } : "nothing";
    }
    default:
      return "nothing";
  }
}

/** No JSON at all is a call without arguments, unless the model was stopped before it wrote any. */
function parseInput(json: string, stopReason: string): Json | undefined {
  if (json === "") return stopReason === "tool_use" ? {} : undefined;
  try {
    return JSON.parse(json) as Json;
  } catch {
    return undefined;
  }
}
