import {
  blocksOf,
  EMPTY_MESSAGE,
  isBlank,
  messageContent,
  textBlock,
  toolContent,
} from "./content.ts";
import type { Json } from "./json.ts";
import { isToolUse, repairReply } from "./reply.ts";
import { type Block, cancelledResult, type TurnMessage } from "./transcript.ts";

type ToolResult = Extract<Block, { readonly type: "tool_result" }>;

const GO_ON = "[go on]";
const STRAY = "[result of a call that is not in this conversation]";

/**
 * Repairs a conversation from another source, such as a machine for its `callModel`, so that the
 * service accepts it: the content of each message is valid, each call is followed by its result,
 * and the conversation begins and ends with the user.
 *
 * **Guarantees** valid messages are sent unchanged; parts that cannot be sent stay readable.
 */
export function rightTurns(messages: readonly TurnMessage[]): readonly TurnMessage[] {
  const turns: TurnMessage[] = [];
  const taken = new Set<string>();
  let open: readonly OpenCall[] = [];
  for (const { role, content } of messages) {
    if (role !== "assistant") {
      turns.push({ role: "user", content: answered(open, content) });
      open = [];
      continue;
    }
    if (open.length > 0) turns.push({ role: "user", content: answered(open, []) });
    const said = blocksOf(content);
    const { content: kept } = repairReply(said, taken, turns.length);
    open = callsIn(said, kept);
    for (const { id } of open) taken.add(id);
    if (kept.length > 0) turns.push({ role: "assistant", content: kept === said ? content : kept });
  }
  if (open.length > 0) turns.push({ role: "user", content: answered(open, []) });
  if (turns[0]?.role !== "user") turns.unshift({ role: "user", content: EMPTY_MESSAGE });
  // Newer models refuse a conversation that ends with an assistant message.
  if (turns.at(-1)?.role === "assistant") turns.push({ role: "user", content: GO_ON });
  return turns;
}

/** A call that has no result yet. */
interface OpenCall {
  /** Its id as it was written, which several calls may share. */
  readonly written: string;
  /** Its id as it is sent. */
  readonly id: string;
}

function callsIn(said: readonly Block[], kept: readonly Block[]): readonly OpenCall[] {
  const written = said.filter(isToolUse);
  return kept.filter(isToolUse).map(({ id }, at) => ({ written: written[at]?.id ?? id, id }));
}

/** Returns the user's content behind an answer: the results of its calls first, then the rest. */
function answered(
  open: readonly OpenCall[],
  content: TurnMessage["content"],
): TurnMessage["content"] {
  if (open.length === 0 && typeof content === "string") return messageContent(content);
  const rest = [...blocksOf(content)];
  const results = open.map(({ written, id }) => {
    const at = rest.findIndex((block) => isToolResult(block) && block.tool_use_id === written);
    return resultOf(id, at < 0 ? undefined : (rest.splice(at, 1)[0] as ToolResult));
  });
  const blocks = [...results, ...rest.flatMap(userBlocks)];
  return blocks.length > 0 ? blocks : [textBlock(EMPTY_MESSAGE)];
}

function resultOf(id: string, given: ToolResult | undefined): Block {
  if (given === undefined) return { type: "tool_result", tool_use_id: id, ...cancelledResult };
  const content = toolContent((given.content ?? "") as Json);
  if (given.is_error !== true) return { type: "tool_result", tool_use_id: id, content };
  // The service accepts only text as an error.
  const texts = typeof content === "string" ? content : content.map(textOnly);
  return { type: "tool_result", tool_use_id: id, content: texts, is_error: true };
}

function textOnly(block: Block): Block {
  return block.type === "text" ? block : textBlock("[image left out: the call failed]");
}

function userBlocks(block: Block): readonly Block[] {
  if (block.type === "text" && isBlank(block.text)) return [];
  const said = isToolResult(block) ? strayOf(block) : [block as unknown as Json];
  return blocksOf(messageContent(said));
}

function strayOf({ content }: ToolResult): string {
  return `${STRAY} ${typeof content === "string" ? content : JSON.stringify(content)}`;
}

function isToolResult(block: Block): block is ToolResult {
  return block.type === "tool_result";
}
