import type { Block, TurnMessage } from "../wire/transcript.ts";

/**
 * Characters to a token: English has about four, code and JSON nearer three. Reservations are
 * settled with the real figure, so too many is the harmless side.
 */
const charactersPerToken = 3;

/** Anthropic bills an image of the largest useful size at about 1,600 tokens. */
const charactersPerImage = 1600 * charactersPerToken;

/** Roles and delimiters around each message. */
const charactersPerMessage = 12;

export function estimateTokens(characters: number): number {
  return Math.ceil(characters / charactersPerToken);
}

/** How long a message is for its model, in characters. */
export function messageLength({ content }: TurnMessage): number {
  return charactersPerMessage + contentLength(content);
}

function contentLength(content: string | readonly Block[]): number {
  if (typeof content === "string") return content.length;
  return content.reduce((sum, block) => sum + blockLength(block), 0);
}

function blockLength(block: Block): number {
  switch (block.type) {
    case "text":
      return block.text.length;
    case "image":
      return charactersPerImage;
    case "thinking":
      return block.thinking.length + block.signature.length;
    case "redacted_thinking":
      return block.data.length;
    case "tool_use":
      return block.name.length + JSON.stringify(block.input).length;
    case "tool_result":
      return contentLength(block.content);
  }
}
