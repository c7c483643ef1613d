import type { ModelCall, ModelReply, ModelRequest } from "../../src/models/model.ts";
import { ModelCallFailed } from "../../src/models/model.ts";

/** A call that keeps what it was told. */
export function recordCall(signal = new AbortController().signal) {
  const deltas: string[] = [];
  const retries: Parameters<ModelCall["onRetry"]>[0][] = [];
  const call: ModelCall = {
    signal,
    onText: (delta) => deltas.push(delta),
    onRetry: (info) => retries.push(info),
  };
  return { call, deltas, retries };
}

export function request(over: Partial<ModelRequest> = {}): ModelRequest {
  const messages = [{ role: "user" as const, content: "What is 2 + 3?" }];
  return { messages, tools: [], maxTokens: 1_000, turn: 0, ...over };
}

/** The failure of a call; a call that succeeds fails the test. */
export async function failureOf(reply: ModelReply | Promise<ModelReply>): Promise<ModelCallFailed> {
  try {
    const { content } = await reply;
    throw new Error(`the call succeeded with ${JSON.stringify(content)}`);
  } catch (thrown) {
    if (thrown instanceof ModelCallFailed) return thrown;
    throw thrown;
  }
}
