import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import type { NodeKey } from "./node.ts";

/** A letter from one run to an agent of another run: plain data, taken there as an input. */
export type RunLetter =
  /** A message; answered with `receipt`. */
  | {
      readonly type: "tell";
      readonly from: string;
      readonly message: Json;
      readonly callId: string;
      readonly by: NodeKey;
      /** Set for a message without a call; one that is accepted needs no receipt then. */
      readonly told?: ToldAs;
    }
  /** The answer to `tell`. */
  | {
      readonly type: "receipt";
      readonly callId: string;
      /** The path of the receiver. */
      readonly path: string;
      /** The reason for a refusal; left out when the message was accepted. */
      readonly refusal?: Undelivered;
      /** Set for a message without a call: what its sender is told of a refusal. */
      readonly told?: { readonly to: string; readonly message: Json };
    }
  /** An ask; answered with `answered` or `unanswered`, under the asker's own id. */
  | {
      readonly type: "ask";
      readonly from: string;
      readonly message: Json;
      readonly askId: string;
      readonly timeoutMs: number;
      readonly by: NodeKey;
    }
  | { readonly type: "answered"; readonly askId: string; readonly value: Json }
  | { readonly type: "unanswered"; readonly askId: string; readonly error: WireError }
  /** The end of an ask whose asker no longer waits. */
  | { readonly type: "ask-over"; readonly askId: string; readonly by: NodeKey }
  /** A watch; answered with `ended`. */
  | { readonly type: "watch"; readonly callId: string; readonly by: NodeKey }
  | { readonly type: "unwatch"; readonly callId: string }
  | { readonly type: "ended"; readonly callId: string; readonly value: Json };

/** A message that waits for no result, as its sender knows it. */
interface ToldAs {
  /** The address that the sender used. */
  readonly to: string;
  /** True when a use of a right is given back for a refusal, and kept for any other receipt. */
  readonly isCounted: boolean;
}

/** The reason why a message was not accepted. */
export interface Undelivered {
  /** The path of the receiver. */
  readonly path: string;
  readonly hasEnded: boolean;
  /** The number of messages in the receiver's mailbox. */
  readonly waiting: number;
}
