import type { TurnCall, TurnResult } from "../../machines/agent.ts";
import type { CoppiceError } from "../errors.ts";
import type { ModelReply } from "../models/model.ts";
import { continuations, GO_ON, MOST_CONTINUATIONS, RESUME } from "../wire/continuation.ts";
import { type ReplyCall, repairReply, TOO_MANY_CALLS } from "../wire/reply.ts";
import { meaningOf, type Stopped, stopFailure } from "../wire/stop-reason.ts";
import { type Block, cancelledResult, type TurnMessage } from "../wire/transcript.ts";
import type { Conversation } from "./conversation.ts";
import type { ResultContent } from "./turn-content.ts";

/** A reply as the loop takes it in. */
export interface TurnReply {
  /** What enters the conversation. */
  readonly content: readonly Block[];
  /** What is run of it, in order. */
  readonly calls: readonly ReplyCall[];
  /** Whether the last of them was cut off, and so is only told of. */
  readonly isCut: boolean;
  /** What its model is told, so that it goes on. */
  readonly goOn?: Block;
  /** Why its turn fails. */
  readonly error?: CoppiceError;
}

/** Reads a reply in the light of the conversation that it answers. */
export function readTurn(reply: ModelReply, conversation: Conversation, turn: number): TurnReply {
  const { stopReason } = reply;
  const { content, calls } = repairReply(reply.content, conversation.callIds, turn);
  const last = reply.content.at(-1);
  // Beyond the bound of calls it is told that it was not made.
  const isCut =
    stopReason === "max_tokens" && last?.type === "tool_use" && !isBeyond(content, calls);
  const stopped: Stopped = {
    stopReason,
    hasCalls: calls.length > (isCut ? 1 : 0),
    hasSaid: isCut || content.some(({ type }) => type === "text"),
    mayGoOn:
      stopReason !== "max_tokens" || continuations(conversation.messages) < MOST_CONTINUATIONS,
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

/** The rest of a reply whose turn ends here: a call in it would never have a result. */
export function withoutCalls(content: readonly Block[]): TurnReply {
  const said = content.filter(({ type }) => type !== "tool_use");
  return { content: said, calls: [], isCut: false };
}

/**
 * The results of the calls at the end of a conversation, each behind the id that it answers; those
 * beyond the bound, which were never made, are read off the conversation itself.
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
