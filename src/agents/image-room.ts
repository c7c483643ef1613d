import { textBlock } from "../wire/content.ts";
import { imageInfo } from "../wire/image.ts";
import type { Block, TurnMessage } from "../wire/transcript.ts";

type Image = Extract<Block, { readonly type: "image" }>;

/**
 * Most images that the service takes in one request: 100, or 20 once one of them is large, by a
 * width or height of 2,000 pixels.
 */
const MAX_IMAGES = 100;
const MAX_WITH_LARGE = 20;
const LARGE_PIXELS = 2_000;
/** Most characters of base64: a request may have 32 MB, and text needs some of it. */
const MAX_CHARACTERS = 24_000_000;

/**
 * Counts the images of one conversation and admits those that its next request has room for.
 *
 * **Guarantees** An image that does not fit is replaced by a note that says so.
 */
export class ImageRoom {
  #images = 0;
  #characters = 0;
  #hasLarge = false;

  /** Returns the message, with a note in place of each image that does not fit. */
  admit(message: TurnMessage): TurnMessage {
    const { content } = message;
    if (typeof content === "string" || !content.some(hasImage)) return message;
    return { ...message, content: content.map((block) => this.#admit(block)) };
  }

  /** Counts the images of a conversation from the start. */
  recount(messages: readonly TurnMessage[]): void {
    this.#images = 0;
    this.#characters = 0;
    this.#hasLarge = false;
    for (const message of messages) this.admit(message);
  }

  #admit(block: Block): Block {
    if (block.type === "image") return this.#fits(block) ? block : textBlock(this.#refusal());
    if (block.type !== "tool_result" || typeof block.content === "string") return block;
    return { ...block, content: block.content.map((inner) => this.#admit(inner)) };
  }

  #fits({ source }: Image): boolean {
    const { data } = source as { readonly data?: string };
    const characters = data?.length ?? 0;
    const { width = 0, height = 0 } = (data === undefined ? undefined : imageInfo(data)) ?? {};
    const hasLarge = this.#hasLarge || Math.max(width, height) >= LARGE_PIXELS;
    const most = hasLarge ? MAX_WITH_LARGE : MAX_IMAGES;
    if (this.#images >= most || this.#characters + characters > MAX_CHARACTERS) return false;
    this.#images += 1;
    this.#characters += characters;
    this.#hasLarge = hasLarge;
    return true;
  }

  #refusal(): string {
    const loaded = `${this.#images} images`;
    return `[image left out: this conversation holds ${loaded}, and has no room for more]`;
  }
}

function hasImage(block: Block): boolean {
  if (block.type === "image") return true;
  return block.type === "tool_result" && typeof block.content !== "string"
    ? block.content.some(hasImage)
    : false;
}
