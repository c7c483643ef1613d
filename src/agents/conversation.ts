import { messageTokens } from "../wire/token-estimate.ts";
import type { TurnMessage } from "../wire/transcript.ts";
import { ImageRoom } from "./image-room.ts";

export interface ConversationOptions {
  /** All that was ever said, turns that are left out among it. */
  readonly history: readonly TurnMessage[];
  /** Of instructions and tools. */
  readonly tokens: number;
  /** Takes each new message to the history. */
  readonly keep: (message: TurnMessage) => void;
}

/**
 * What one agent of the loop and its model have said: the one gate through which anything gets
 * into a request.
 *
 * **Guarantees** `messages` is the same array for ever, so that its readers may hold on to it.
 */
export class Conversation {
  /** What the next request sends. */
  readonly messages: TurnMessage[] = [];
  readonly #callIds = new Set<string>();
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

  /** Of every call that was ever made in it: none of them may be used again. */
  get callIds(): ReadonlySet<string> {
    return this.#callIds;
  }

  append(given: TurnMessage): void {
    const message = this.#images.admit(given);
    this.#take(message);
    this.#keep(message);
    if (message.omits !== undefined) this.#images.recount(this.messages);
  }

  /** Leaves the last messages out of every later request. */
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
    for (const block of content) if (block.type === "tool_use") this.#callIds.add(block.id);
  }
}
