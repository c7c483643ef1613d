import { textBlock } from "../wire/content.ts";
import { imageInfo } from "../wire/image.ts";
import type { Block, TurnMessage } from "../wire/transcript.ts";

type Image = Extract<Block, { readonly type: "image" }>;

/** What the service takes in one request: images, and fewer where one of them is large. */
const MOST_IMAGES = 100;
const MOST_WITH_LARGE = 20;
const LARGE_PIXELS = 2_000;
/** Of base64: a request ends at 32 MB, and text stands beside the images. */
const MOST_CHARACTERS = 24_000_000;

/**
 * Counts the images of one conversation and lets in what its next request has room for.
 *
 * **Guarantees** an image that does not fit any more becomes a note that says so.
 */
export class ImageRoom {
  #images = 0;
  #characters = 0;
  #hasLarge = false;

  /** The message as it enters. */
  admit(message: TurnMessage): TurnMessage {
    const { content } = message;
    if (typeof content === "string" || !content.some(holdsImage)) return message;
    return { ...message, content: content.map((block) => this.#admit(block)) };
  }

  /** Counts anew what a conversation holds. */
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
    const most = hasLarge ? MOST_WITH_LARGE : MOST_IMAGES;
    if (this.#images >= most || this.#characters + characters > MOST_CHARACTERS) return false;
    this.#images += 1;
    this.#characters += characters;
    this.#hasLarge = hasLarge;
    return true;
  }

  #refusal(): string {
    const held = `${this.#images} images`;
    return `[image left out: this conversation holds ${held}, and has no room for more]`;
  }
}

function holdsImage(block: Block): boolean {
  if (block.type === "image") return true;
  return block.type === "tool_result" && typeof block.content !== "string"
    ? block.content.some(holdsImage)
    : false;
}
