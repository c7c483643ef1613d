import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import type { NodeKey } from "./node.ts";

/** What one run sends to an agent of another: plain data, taken there as an input. */
export type RunLetter =
  /** Answered with `told`. */
  | {
      readonly type: "tell";
      readonly from: string;
      readonly message: Json;
      readonly callId: string;
      readonly by: NodeKey;
    }
  | {
      readonly type: "told";
      readonly callId: string;
      /** Whom it was for. */
      readonly path: string;
      /** Why it was not accepted. */
      readonly refusal?: Undelivered;
    }
  /** Answered with `answered` or `unanswered`, under the asker's own id. */
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
  /** The asker waits no longer. */
  | { readonly type: "ask-over"; readonly askId: string; readonly by: NodeKey }
  /** Answered with `ended`. */
  | { readonly type: "watch"; readonly callId: string; readonly by: NodeKey }
  | { readonly type: "unwatch"; readonly callId: string }
  | { readonly type: "ended"; readonly callId: string; readonly value: Json };

/** Why somebody was not told. */
export interface Undelivered {
  /** Whom it was for. */
  readonly path: string;
  readonly hasEnded: boolean;
  /** Messages in its mailbox. */
  readonly waiting: number;
}
