import {
  blocksIn,
  blocksOf,
  contentText,
  messageContent,
  textBlock,
  toolContent,
} from "../wire/content.ts";
import type { CallResult, DeliveryBody } from "../wire/delivery.ts";
import type { Json } from "../wire/json.ts";
import type { Block } from "../wire/transcript.ts";
import { errorText } from "./error-text.ts";
import type { LoadedTemplate } from "./loaded-template.ts";

type BodyOf<Type extends DeliveryBody["type"]> = Extract<DeliveryBody, { readonly type: Type }>;

/** Content of a `tool_result`, without the id of the `tool_use` that it answers. */
export interface ResultContent {
  readonly content: string | readonly Block[];
  readonly is_error?: true;
}

/** Returns a message as blocks of a user turn; a prefix names the agent, if one sent it. */
export function messageBlocks({ from, message }: BodyOf<"message">): readonly Block[] {
  const blocks = blocksOf(messageContent(bareText(message)));
  if (!/^\/./.test(from)) return blocks;
  const [first, ...rest] = blocks;
  const prefix = `[message from ${from}]`;
  return first?.type === "text"
    ? [{ ...first, text: `${prefix} ${first.text}` }, ...rest]
    : [textBlock(prefix), ...blocks];
}

/** Returns a note of the runtime as blocks of a user turn. */
export function noteBlocks({ text }: BodyOf<"note">): readonly Block[] {
  return [textBlock(contentText(text))];
}

/** Returns the end of a background child as blocks of a user turn. */
export function childBlocks(
  { name, outcome }: BodyOf<"child">,
  loaded: LoadedTemplate,
): readonly Block[] {
  const { status, output, error, reason, partial } = fieldsOf(outcome);
  const parts = [`[agent ${name} ${contentText(status ?? "ended")}]`];
  const blocks = output === undefined ? undefined : blocksIn(output);
  if (output !== undefined && blocks === undefined) parts.push(contentText(output));
  if (error !== undefined) parts.push(errorText(fieldsOf(error), loaded));
  if (reason !== undefined) parts.push(contentText(reason));
  if (partial !== undefined) parts.push(`Partial output: ${contentText(partial)}`);
  return [textBlock(parts.join(" ")), ...(blocks ? blocksOf(toolContent(output as Json)) : [])];
}

export function resultContent(result: CallResult, loaded: LoadedTemplate): ResultContent {
  if (!result.isError) return { content: toolContent(result.value) };
  const text = errorText(result.error, loaded);
  if (result.partial === undefined) return { content: text, is_error: true };
  return { content: `${text}\nPartial output: ${contentText(result.partial)}`, is_error: true };
}

/**
 * Returns the text of `{ text }`, a usual form of messages that are only text; else the message.
 */
function bareText(message: Json): Json {
  const { text, ...rest } = fieldsOf(message);
  return typeof text === "string" && Object.keys(rest).length === 0 ? text : message;
}

function fieldsOf(value: Json): { readonly [key: string]: Json | undefined } {
  const plain = typeof value === "object" && value !== null && !Array.isArray(value);
  return plain ? (value as { readonly [key: string]: Json | undefined }) : {};
}
