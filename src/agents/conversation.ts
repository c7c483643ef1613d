import { messageTokens } from "../wire/token-estimate.ts";
import type { TurnMessage } from "../wire/transcript.ts";
import { ImageRoom } from "./image-room.ts";

const NONE: ReadonlySet<string> = new Set();

export interface ConversationOptions {
  /** All messages so far, omitted turns included. */
  readonly history: readonly TurnMessage[];
  /** Estimated tokens of instructions and tools. */
  readonly tokens: number;
  /** Adds each new message to the history. */
  readonly keep: (message: TurnMessage) => void;
}

/**
 * The conversation of one loop agent with its model. Every message of a request passes through it.
 *
 * **Guarantees** `messages` is the same array for ever, so a reader may keep a reference to it.
 */
export class Conversation {
  /** Messages of the next request. */
  readonly messages: TurnMessage[] = [];
  /** Allocated for the first call. */
  #callIds: Set<string> | undefined;
  readonly #keep: ConversationOptions["keep"];
  readonly #images = new ImageRoom();
  #tokens: number;

  constructor({ history, tokens, keep }: ConversationOptions) {
    this.#keep = keep;
    this.#tokens = tokens;
    for (const message of history) this.#take(message);
    this.#images.recount(this.messages);
  }

  /** Estimated tokens of the next request. */
  get tokens(): number {
    return this.#tokens;
  }

  /**
   * Ids of all calls ever made in the conversation, omitted turns included; none may be used again.
   */
  get callIds(): ReadonlySet<string> {
    return this.#callIds ?? NONE;
  }

  append(given: TurnMessage): void {
    const message = this.#images.admit(given);
    this.#take(message);
    this.#keep(message);
    if (message.omits !== undefined) this.#images.recount(this.messages);
  }

  /** Leaves the last `count` messages out of every later request. */
  omit(count: number): void {
    if (count > 0) this.append({ role: "user", content: [], omits: count });
  }

  #take(message: TurnMessage): void {
    if (message.omits === undefined) {
      this.messages.push(message);
      this.#tokens += messageTokens(message);
      if (message.role === "assistant") this.#noteCalls(message);
      return;
    }
    const from = Math.max(0, this.messages.length - message.omits);
    for (const left of this.messages.splice(from)) this.#tokens -= messageTokens(left);
  }

  #noteCalls({ content }: TurnMessage): void {
    if (typeof content === "string") return;
    for (const block of content) {
      if (block.type !== "tool_use") continue;
      this.#callIds ??= new Set();
      this.#callIds.add(block.id);
    }
  }
}
