import { isBlank } from "../wire/content.ts";
import type { Json } from "../wire/json.ts";
import type { AnthropicModel } from "../wire/spec.ts";
import type { Block, CacheMark, TurnMessage } from "../wire/transcript.ts";
import { placeMarks, withoutMarks } from "./cache-marks.ts";
import type { ModelRequest } from "./model.ts";

type Marked<T> = T & { readonly cache_control?: CacheMark };
type Turn = { readonly role: TurnMessage["role"]; readonly content: readonly Marked<Block>[] };

/** The body of `POST /v1/messages`. */
export interface MessagesBody {
  readonly model: string;
  readonly max_tokens: number;
  readonly stream: true;
  readonly system?: readonly Marked<{ readonly type: "text"; readonly text: string }>[];
  readonly messages: readonly Turn[];
  readonly tools?: readonly Marked<{
    readonly name: string;
    readonly description: string;
    readonly input_schema: Json;
  }>[];
  readonly temperature?: number;
  readonly thinking?: Json;
}

/** Fewest tokens that the service lets a model think, and fewest that are left for its answer. */
const LEAST_THOUGHT = 1_024;
const LEAST_ANSWER = 1_024;

/**
 * Translates a request. With caching it marks what the next call of the conversation will reuse.
 */
export function messagesBody(spec: AnthropicModel, request: ModelRequest): MessagesBody {
  const tools = request.tools.map(({ name, description, inputSchema }) => {
    return { name, description, input_schema: inputSchema };
  });
  const text = isBlank(request.system ?? "")
    ? []
    : [{ type: "text" as const, text: request.system as string }];
  const turns = request.messages.map(turnOf);
  const parts = { tools, system: text, messages: turns };
  const marked = spec.cache === false ? { ...parts, messages: withoutMarks(turns) } : parts;
  const { system, messages, ...shown } = spec.cache === false ? marked : placeMarks(marked);
  return {
    model: spec.model,
    max_tokens: request.maxTokens,
    stream: true,
    messages,
    ...(system.length > 0 && { system }),
    ...(shown.tools.length > 0 && { tools: shown.tools }),
    ...(spec.temperature !== undefined && { temperature: spec.temperature }),
    ...(spec.thinking !== undefined && { thinking: thinkingOf(spec.thinking, request) }),
  };
}

function turnOf({ role, content }: TurnMessage): Turn {
  return {
    role,
    content: typeof content === "string" ? [{ type: "text", text: content }] : content,
  };
}

/**
 * Returns the thinking options that the service takes with this request.
 *
 * A budget can lower `maxTokens` below the thinking tokens of the spec. The model then thinks less,
 * so that its answer has room; when less than the service's minimum remains, it does not think. Nor
 * does it think in the middle of a tool loop whose first answer does not begin with a thought, such
 * as an answer of another model.
 */
function thinkingOf(thinking: Json, { maxTokens, messages }: ModelRequest): Json {
  if (typeof thinking !== "object" || thinking === null || !("budget_tokens" in thinking)) {
    return thinking;
  }
  const { budget_tokens: budget } = thinking;
  if (typeof budget !== "number" || thinking.type !== "enabled") return thinking;
  const asked = Math.max(LEAST_THOUGHT, Math.floor(budget));
  const most = Math.min(asked, maxTokens - LEAST_ANSWER);
  if (most < LEAST_THOUGHT || isThoughtless(messages)) return { type: "disabled" };
  return most === budget ? thinking : { ...thinking, budget_tokens: most };
}

/**
 * True when the tool loop at the end began without a thought. The loop is one turn of the
 * assistant, so its later answers may have none.
 */
function isThoughtless(messages: readonly TurnMessage[]): boolean {
  if (!hasResults(messages.at(-1))) return false;
  const before = messages.findLastIndex((one) => one.role === "user" && !hasResults(one));
  const first = messages.slice(before + 1).find(({ role }) => role === "assistant")?.content;
  return typeof first === "string" || !/^(redacted_)?thinking$/.test(first?.[0]?.type ?? "");
}

function hasResults(message: TurnMessage | undefined): boolean {
  return Array.isArray(message?.content) && message.content[0]?.type === "tool_result";
}
