import type { CallResult, DeliveryBody } from "../wire/delivery.ts";
import type { Json } from "../wire/json.ts";
import type { Block } from "../wire/transcript.ts";

type Told<Type extends DeliveryBody["type"]> = Extract<DeliveryBody, { readonly type: Type }>;

/** The content of a `tool_result`, without the id of the `tool_use` that it answers. */
export interface ResultContent {
  readonly content: string | readonly Block[];
  readonly is_error?: true;
}

/** Text stays text, content blocks stay blocks, anything else is shown as JSON. */
export function contentOf(value: Json): string | readonly Block[] {
  return isBlocks(value) ? value : textOf(value);
}

export function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A message as a user turn; the model is told which agent it came from. */
export function messageBlocks({ from, message }: Told<"message">): readonly Block[] {
  const content = contentOf(bareText(message));
  const blocks: readonly Block[] =
    typeof content === "string" ? [{ type: "text", text: content }] : content;
  if (!/^\/./.test(from)) return blocks;
  const [first, ...rest] = blocks;
  const prefix = `[message from ${from}]`;
  return first?.type === "text"
    ? [{ type: "text", text: `${prefix} ${first.text}` }, ...rest]
    : [{ type: "text", text: prefix }, ...blocks];
}

/** The end of a background child as a user turn. */
export function childBlocks({ name, outcome }: Told<"child">): readonly Block[] {
  const { status, output, error, reason, partial } = fieldsOf(outcome);
  const parts = [`[agent ${name} ${textOf(status ?? "ended")}]`];
  if (output !== undefined) parts.push(textOf(output));
  if (error !== undefined) parts.push(errorText(fieldsOf(error)));
  if (reason !== undefined) parts.push(textOf(reason));
  if (partial !== undefined) parts.push(`Partial output: ${textOf(partial)}`);
  return [{ type: "text", text: parts.join(" ") }];
}

export function resultContent(result: CallResult): ResultContent {
  if (!result.isError) return { content: contentOf(result.value) };
  const told = errorText(result.error);
  if (result.partial === undefined) return { content: told, is_error: true };
  return { content: `${told}\nPartial output: ${textOf(result.partial)}`, is_error: true };
}

function errorText({ code, message }: { readonly code?: Json; readonly message?: Json }): string {
  return `${textOf(code ?? "FAILED")}: ${textOf(message ?? "")}`;
}

function isBlocks(value: Json): value is Json & readonly Block[] {
  return Array.isArray(value) && value.length > 0 && value.every(isShown);
}

function isShown(value: Json): boolean {
  const { type, text, source } = fieldsOf(value);
  return type === "text" ? typeof text === "string" : type === "image" && source !== undefined;
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
