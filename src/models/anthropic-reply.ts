import { readInputJson } from "../wire/call-input.ts";
import type { Json } from "../wire/json.ts";
import { promptOf } from "../wire/token-counts.ts";
import type { Block, TokenUsage } from "../wire/transcript.ts";
import type { ModelReply } from "./model.ts";
import { reported } from "./reported-usage.ts";
import { saysOutput, seenSearches, seenTokens } from "./seen-usage.ts";
import { noTokens, tokenUsageOf } from "./token-usage.ts";

interface OpenBlock {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly signature?: string;
  readonly data?: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: Json;
}

interface BlockDelta {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly signature?: string;
  readonly partial_json?: string;
}

/** A server-sent event of the Messages API, with the fields that are read here. */
export type MessageEvent =
  | { readonly type: "message_start"; readonly message?: { readonly usage?: unknown } }
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
      readonly usage?: unknown;
    }
  | { readonly type: "message_stop" };

/** Most characters of a reply, all its parts together; an endless one is ended there. */
export const MAX_SAID = 10_000_000;

/** A reply that grows with each event of its stream. */
export interface GrowingReply {
  /** True once it is longer than {@link MAX_SAID}. */
  isEndless(): boolean;
  /** Adds an event; returns the text in it. */
  add(event: MessageEvent): string;
  /** Returns all text until now. */
  text(): string;
  /**
   * Returns the usage that the service has reported until now. An output figure that is not final
   * is the larger of the reported and the estimated output.
   */
  usage(): TokenUsage;
  /** Returns the complete reply; undefined when the stream ended before it was complete. */
  whole(): ModelReply | undefined;
}

/** A block under way: as it was opened, and the deltas since. */
interface Growing {
  readonly open: OpenBlock;
  text: string;
  thinking: string;
  signature: string;
  json: string;
}

export function growReply(): GrowingReply {
  const { blocks, open, grow, length } = growBlocks();
  let usage = noTokens;
  let stopReason: string | undefined;
  let stopped = false;
  // The output figure of `message_start` is a placeholder. Only a later one is final, and only as
  // long as no more output follows.
  let saidAt: number | undefined;
  let text = "";

  const say = (more: unknown): string => {
    const said = textOf(more);
    text += said;
    return said;
  };

  const isOutputSaid = () => saidAt === length();
  const used = (): TokenUsage => {
    if (isOutputSaid()) return usage;
    const { outputTokens, webSearches = 0 } = usage;
    return tokenUsageOf({
      ...usage,
      outputTokens: Math.max(outputTokens, seenTokens(blocks)),
      webSearches: Math.max(webSearches, seenSearches(blocks)),
    });
  };

  return {
    add(event) {
      switch (event.type) {
        case "message_start":
          usage = reported(event.message?.usage, usage);
          return "";
        case "content_block_start":
          open(event.index, event.content_block);
          return say(event.content_block.text);
        case "content_block_delta":
          grow(event.index, event.delta);
          return say(event.delta.text);
        case "message_delta":
          stopReason = event.delta.stop_reason ?? stopReason;
          usage = reported(event.usage, usage);
          if (stopReason !== undefined && saysOutput(event.usage)) saidAt = length();
          return "";
        case "message_stop":
          stopped = true;
          return "";
        default:
          return "";
      }
    },
    text: () => text,
    isEndless: () => length() > MAX_SAID,
    usage: used,
    whole() {
      if (!stopped || stopReason === undefined) return undefined;
      const wasCut = stopReason === "max_tokens";
      const content = blocks.flatMap((block, index) => {
        return closeBlock(block, wasCut && index === blocks.length - 1);
      });
      const isKnown = isOutputSaid() && promptOf(usage) > 0;
      return { content, stopReason, usage: used(), ...(!isKnown && { partial: true }) };
    },
  };
}

/** Collects the blocks of a stream, in their order. */
function growBlocks() {
  const blocks: Growing[] = [];
  // The block that each index means now: a service may begin another under the same index.
  const current = new Map<number, Growing>();
  let length = 0;

  const open = (index: number, block: OpenBlock): Growing => {
    const [text, thinking] = [textOf(block.text), textOf(block.thinking)];
    const opened = { open: block, text, thinking, signature: "", json: "" };
    blocks.push(opened);
    current.set(index, opened);
    length += text.length + thinking.length;
    length += textOf(block.data).length + textOf(block.name).length;
    return opened;
  };
  const grow = (index: number, delta: BlockDelta): void => {
    const type = String(delta.type).replace(/_delta$/, "");
    const block = current.get(index) ?? open(index, { type });
    const [text, thinking] = [textOf(delta.text), textOf(delta.thinking)];
    const [signature, json] = [textOf(delta.signature), textOf(delta.partial_json)];
    block.text += text;
    block.thinking += thinking;
    block.signature += signature;
    block.json += json;
    length += text.length + thinking.length + signature.length + json.length;
  };
  return { blocks, open, grow, length: () => length };
}

/**
 * Returns a block as it is kept. Thinking is kept unchanged with its signature, because the service
 * wants it back so. Thinking without a signature, or cut off before it, is dropped: the service
 * would not take it back.
 */
function closeBlock(block: Growing, wasCut: boolean): readonly Block[] {
  const { open, text, thinking, json } = block;
  const { type } = open;
  switch (type) {
    case "text":
      return text === "" ? [] : [{ type, text }];
    case "thinking": {
      const signature = block.signature || textOf(open.signature);
      return signature === "" ? [] : [{ type, thinking, signature }];
    }
    case "redacted_thinking":
      return [{ type, data: textOf(open.data) }];
    case "tool_use": {
      const input = readInput(json, open.input, wasCut);
      return [{ type, id: textOf(open.id), name: textOf(open.name), input }];
    }
    default:
      return [];
  }
}

/**
 * Returns the arguments of a call: those streamed, else those the call was opened with. No JSON at
 * all means no arguments. Arguments that are not JSON, or are over the bound, stay text, so that
 * the model is told; of a call that was cut off they become empty.
 */
function readInput(json: string, opened: Json | undefined, wasCut: boolean): Json {
  if (json.trim() === "") return opened === undefined || opened === "" ? {} : opened;
  try {
    return readInputJson(json);
  } catch {
    return wasCut ? {} : json;
  }
}

/** Returns a text that a service may leave out or null. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
