import type { TurnCall, TurnResult } from "../../machines/agent.ts";
import type { CoppiceError } from "../errors.ts";
import type { ModelReply } from "../models/model.ts";
import { continuations, GO_ON, MAX_CONTINUATIONS, RESUME } from "../wire/continuation.ts";
import { type ReplyCall, repairReply, TOO_MANY_CALLS } from "../wire/reply.ts";
import { meaningOf, type Stopped, stopFailure } from "../wire/stop-reason.ts";
import { type Block, cancelledResult, type TurnMessage } from "../wire/transcript.ts";
import type { Conversation } from "./conversation.ts";
import type { ResultContent } from "./turn-content.ts";

/** A reply as the loop uses it. */
export interface TurnReply {
  /** Content that enters the conversation. */
  readonly content: readonly Block[];
  /** Calls to make, in order. */
  readonly calls: readonly ReplyCall[];
  /**
   * True when the last call was cut off: it is not made, and its result is an error that says so.
   */
  readonly isCut: boolean;
  /** A text that asks the model to continue. */
  readonly goOn?: Block;
  /** Error with which the turn fails. */
  readonly error?: CoppiceError;
}

/** Interprets a reply to a conversation. */
export function readTurn(reply: ModelReply, conversation: Conversation, turn: number): TurnReply {
  const { stopReason } = reply;
  const { content, calls } = repairReply(reply.content, conversation.callIds, turn);
  const last = reply.content.at(-1);
  // A call beyond the bound has a result of its own, which says that it was not made.
  const isCut =
    stopReason === "max_tokens" && last?.type === "tool_use" && !isBeyond(content, calls);
  const stopped: Stopped = {
    stopReason,
    hasCalls: calls.length > (isCut ? 1 : 0),
    hasSaid: isCut || content.some(({ type }) => type === "text"),
    mayGoOn:
      stopReason !== "max_tokens" || continuations(conversation.messages) < MAX_CONTINUATIONS,
  };
  switch (meaningOf(stopped)) {
    case "goes-on":
      return { content, calls, isCut, goOn: stopReason === "pause_turn" ? RESUME : GO_ON };
    case "failed":
      return { ...withoutCalls(content), error: stopFailure(stopped) };
    default:
      return { content, calls, isCut };
  }
}

function isBeyond(content: readonly Block[], calls: readonly ReplyCall[]): boolean {
  const lastMade = content.findLast(({ type }) => type === "tool_use");
  return lastMade?.type === "tool_use" && lastMade.id !== calls.at(-1)?.id;
}

/**
 * Returns the rest of a reply whose turn ends here, without the calls, which would have no results.
 */
export function withoutCalls(content: readonly Block[]): TurnReply {
  const said = content.filter(({ type }) => type !== "tool_use");
  return { content: said, calls: [], isCut: false };
}

/**
 * Returns the results of the calls at the end of a conversation, each with the id that it answers.
 * Calls beyond the bound were never made; the conversation itself shows which they are.
 */
export function resultsFor(
  message: TurnMessage | undefined,
  calls: readonly TurnCall[],
  results: readonly TurnResult[],
): readonly Block[] {
  if (calls.length === 0 || message === undefined || typeof message.content === "string") return [];
  const byCall = new Map(results.map(({ callId, result }) => [callId, result as ResultContent]));
  const byUse = new Map(calls.map(({ callId, use }) => [use, byCall.get(callId)]));
  return message.content.flatMap((block): readonly Block[] => {
    if (block.type !== "tool_use") return [];
    const { id } = block;
    const result = byUse.has(id) ? (byUse.get(id) ?? cancelledResult) : notMade;
    return [{ type: "tool_result", tool_use_id: id, ...result }];
  });
}

const notMade: ResultContent = { content: TOO_MANY_CALLS, is_error: true };
