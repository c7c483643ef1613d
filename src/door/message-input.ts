import type { JsonLike } from "../wire/json.ts";

/** The input of {@link sendMessage}, and a message of {@link send}. */
export interface MessageInput {
  /** A path, `parent`, or the name of a child or a sibling. */
  readonly to: string;
  readonly message: JsonLike;
}
