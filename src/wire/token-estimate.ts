import { blocksIn, messageContent } from "./content.ts";
import type { CallResult, DeliveryBody } from "./delivery.ts";
import { imageTokens } from "./image.ts";
import type { Json, JsonSchema } from "./json.ts";
import { textTokens } from "./text-tokens.ts";
import type { Block, ToolCard, TurnMessage } from "./transcript.ts";

export { textTokens } from "./text-tokens.ts";

/** Tokens of the role and delimiters of a message, and of a call or its result. */
const MESSAGE_TOKENS = 4;
const CALL_TOKENS = 10;

/** The most tokens of the service's own instructions for tools, and for each tool. */
const TOOLS_TOKENS = 350;
const TOOL_TOKENS = 12;

/** The smallest ratio of the estimate to the real number found for any text. */
const LEAST_SHARE = 0.9;

/**
 * Estimates the tokens of a value as JSON, without serialising it.
 *
 * **Fails with** a TypeError for a value that JSON cannot hold.
 */
export function jsonTokens(value: Json | undefined): number {
  if (typeof value === "string") return escapedTokens(value) + 1;
  if (typeof value === "number") return textTokens(String(value)) + 1;
  if (value === undefined || value === null || typeof value === "boolean") return 2;
  if (typeof value !== "object") throw new TypeError(`JSON cannot hold a ${typeof value}`);
  let tokens = 2;
  if (Array.isArray(value)) {
    for (const item of value) tokens += jsonTokens(item);
    return tokens;
  }
  for (const [key, item] of Object.entries(value as { readonly [key: string]: Json | undefined }))
    tokens += jsonTokens(key) + jsonTokens(item);
  return tokens;
}

function escapedTokens(text: string): number {
  return textTokens(JSON.stringify(text).slice(1, -1));
}

/** Returns the fewest tokens that an input takes in a prompt, in whichever form it is shown. */
export function leastTokens(value: Json): number {
  if (typeof value === "string") return textTokens(value);
  if (typeof value !== "object" || value === null) return 0;
  // An image that will be left out costs as much as its note.
  const content = blocksIn(value) === undefined ? undefined : messageContent(value);
  return content === undefined ? tokensOfTexts(value) : contentTokens(content);
}

function tokensOfTexts(value: Json | undefined): number {
  // It may be shown as it is or inside JSON: the lower number counts.
  if (typeof value === "string") return Math.min(textTokens(value), escapedTokens(value));
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce<number>((sum, item) => sum + tokensOfTexts(item), 0);
}

export function messageTokens({ content }: TurnMessage): number {
  return MESSAGE_TOKENS + contentTokens(content);
}

/** Returns the most tokens that a prompt with this estimate can have, by the stated bound. */
export function mostTokens(estimate: number): number {
  return Math.floor(estimate / LEAST_SHARE);
}

/** Estimates the beginning of every request of an agent: its instructions and its tools. */
export function preambleTokens(system: string | undefined, cards: readonly ToolCard[]): number {
  let tokens = system === undefined ? 0 : textTokens(system) + MESSAGE_TOKENS;
  if (cards.length > 0) tokens += TOOLS_TOKENS;
  for (const card of cards) tokens += cardTokens(card);
  return tokens;
}

/** Counted once: the list of a large server would block the thread at every spawn. */
const counted = new WeakMap<ToolCard, number>();

function cardTokens(card: ToolCard): number {
  let tokens = counted.get(card);
  if (tokens !== undefined) return tokens;
  const { name, description, inputSchema } = card;
  tokens = TOOL_TOKENS + textTokens(name) + textTokens(description) + schemaTokens(inputSchema);
  counted.set(card, tokens);
  return tokens;
}

const known = new WeakMap<JsonSchema, number>();

/**
 * Estimates a schema as `jsonTokens` does, once for each schema: all agents with a tool share its
 * schema.
 */
export function schemaTokens(schema: JsonSchema): number {
  const counted = known.get(schema) ?? jsonTokens(schema as Json);
  known.set(schema, counted);
  return counted;
}

/** Estimates the tokens that a delivery adds to the loop's next request. */
export function deliveryTokens(body: DeliveryBody): number {
  switch (body.type) {
    case "result":
      return CALL_TOKENS + resultTokens(body.result);
    case "message":
      return MESSAGE_TOKENS + textTokens(body.from) + valueTokens(body.message);
    case "note":
      return MESSAGE_TOKENS + textTokens(body.text);
    case "child":
      return MESSAGE_TOKENS + textTokens(body.name) + outcomeTokens(body.outcome);
    default:
      return 0;
  }
}

/** Estimates a child's outcome; its output is shown like a tool's result. */
function outcomeTokens(outcome: Json): number {
  if (typeof outcome !== "object" || outcome === null || !("output" in outcome)) {
    return jsonTokens(outcome);
  }
  const { output, ...rest } = outcome;
  return jsonTokens(rest as Json) + valueTokens(output as Json);
}

function resultTokens(result: CallResult): number {
  if (!result.isError) return valueTokens(result.value);
  const { code, message } = result.error;
  return textTokens(code) + textTokens(message) + jsonTokens(result.partial);
}

/** Estimates a value: text is shown as it is, blocks as blocks, and other values as JSON. */
function valueTokens(value: Json): number {
  if (typeof value === "string") return textTokens(value);
  const blocks = blocksIn(value);
  return blocks === undefined ? jsonTokens(value) : contentTokens(blocks);
}

function contentTokens(content: string | readonly Block[]): number {
  if (typeof content === "string") return textTokens(content);
  return content.reduce((sum, block) => sum + blockTokens(block), 0);
}

function blockTokens(block: Block): number {
  switch (block.type) {
    case "text":
      return textTokens(block.text);
    case "image":
      return imageTokens(block.source);
    case "thinking":
      return textTokens(block.thinking);
    case "redacted_thinking":
      return textTokens(block.data);
    case "tool_use":
      return CALL_TOKENS + textTokens(block.name) + jsonTokens(block.input);
    case "tool_result":
      return CALL_TOKENS + contentTokens(block.content);
  }
}
