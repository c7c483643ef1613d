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
import type { HeldTemplate } from "./held-template.ts";

type Told<Type extends DeliveryBody["type"]> = Extract<DeliveryBody, { readonly type: Type }>;

/** The content of a `tool_result`, without the id of the `tool_use` that it answers. */
export interface ResultContent {
  readonly content: string | readonly Block[];
  readonly is_error?: true;
}

/** A message as a user turn; the model is told which agent it came from. */
export function messageBlocks({ from, message }: Told<"message">): readonly Block[] {
  const blocks = blocksOf(messageContent(bareText(message)));
  if (!/^\/./.test(from)) return blocks;
  const [first, ...rest] = blocks;
  const prefix = `[message from ${from}]`;
  return first?.type === "text"
    ? [{ ...first, text: `${prefix} ${first.text}` }, ...rest]
    : [textBlock(prefix), ...blocks];
}

/** A line of the runtime's own. */
export function noteBlocks({ text }: Told<"note">): readonly Block[] {
  return [textBlock(contentText(text))];
}

/** The end of a background child as a user turn. */
export function childBlocks(
  { name, outcome }: Told<"child">,
  held: HeldTemplate,
): readonly Block[] {
  const { status, output, error, reason, partial } = fieldsOf(outcome);
  const parts = [`[agent ${name} ${contentText(status ?? "ended")}]`];
  const blocks = output === undefined ? undefined : blocksIn(output);
  if (output !== undefined && blocks === undefined) parts.push(contentText(output));
  if (error !== undefined) parts.push(errorText(fieldsOf(error), held));
  if (reason !== undefined) parts.push(contentText(reason));
  if (partial !== undefined) parts.push(`Partial output: ${contentText(partial)}`);
  return [textBlock(parts.join(" ")), ...(blocks ? blocksOf(toolContent(output as Json)) : [])];
}

export function resultContent(result: CallResult, held: HeldTemplate): ResultContent {
  if (!result.isError) return { content: toolContent(result.value) };
  const told = errorText(result.error, held);
  if (result.partial === undefined) return { content: told, is_error: true };
  return { content: `${told}\nPartial output: ${contentText(result.partial)}`, is_error: true };
}

/** `{ text }` is what people write for a message that is only text. */
function bareText(message: Json): Json {
  const { text, ...rest } = fieldsOf(message);
  return typeof text === "string" && Object.keys(rest).length === 0 ? text : message;
}

function fieldsOf(value: Json): { readonly [key: string]: Json | undefined } {
  const plain = typeof value === "object" && value !== null && !Array.isArray(value);
  return plain ? (value as { readonly [key: string]: Json | undefined }) : {};
}
