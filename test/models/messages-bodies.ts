import { refuseRequest } from "../fixtures/messages-rules.ts";

export const user = { role: "user", content: "hello" };
export const call = { type: "tool_use", id: "t1", name: "add", input: {} };
export const result = { type: "tool_result", tool_use_id: "t1", content: "5" };
export const thought = { type: "thinking", thinking: "hm", signature: "sig" };
export const mark = { cache_control: { type: "ephemeral" } };
export const good = { model: "claude-test", max_tokens: 10, messages: [user] };

export const says = (...content: unknown[]) => ({ role: "assistant", content });
export const asks = (...content: unknown[]) => ({ role: "user", content });
export const text = (words: unknown, more: object = {}) => ({ type: "text", text: words, ...more });

/** A conversation of these messages. */
export const talk = (...messages: unknown[]) => ({ ...good, messages });

/** A conversation whose call was answered with these blocks. */
export const answered = (...content: unknown[]) => talk(user, says(call), asks(...content));

/** Why a request is refused; undefined when it is taken. */
export function refusalOf(body: unknown, version = "2026-10-21"): string | undefined {
  return refuseRequest(body, { "anthropic-version": version });
}
