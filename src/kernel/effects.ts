import type { DeliveryBody } from "../wire/delivery.ts";
import type { Out } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import type { Call, End, Node } from "./node.ts";

/** What an event says beside its type and path; `seq` and `at` are added when it is logged. */
export type Fact = { readonly type: string; readonly path: string } & {
  readonly [key: string]: Json | undefined;
};

/** What the kernel has decided and somebody else must do, in this order. */
export type Effect =
  /** Choose a host and place the agent there; then say so with {@link Kernel.placed}. */
  | { readonly type: "place"; readonly node: Node; readonly moved: boolean }
  | {
      readonly type: "deliver";
      readonly node: Node;
      readonly n: number;
      readonly body: DeliveryBody;
    }
  | { readonly type: "drop"; readonly node: Node; readonly host: string }
  /** A request that the arbiter must decide. */
  | { readonly type: "request"; readonly node: Node; readonly out: Out }
  /** A request that was held until its agent had a slot: hand it to {@link Kernel.resume}. */
  | { readonly type: "resume"; readonly node: Node; readonly out: Out }
  /** A model call whose turn has come: the arbiter must decide. */
  | { readonly type: "model"; readonly node: Node; readonly call: Call }
  /** A report that changes accounts or is only passed on: model.done, model.retried, output. */
  | { readonly type: "report"; readonly node: Node; readonly out: Out }
  /** A model stream went down with its host: what it cost is not known. */
  | { readonly type: "model-lost"; readonly node: Node; readonly callId: string }
  /** Rights withdrawn: set the cancel word. */
  | { readonly type: "close"; readonly node: Node }
  /** Abort what runs on the supervisor's thread for it. */
  | { readonly type: "abort"; readonly node: Node; readonly reason: string }
  /** The agent is gone; its accounts close, its outcome is told. */
  | { readonly type: "ended"; readonly node: Node; readonly end: End }
  | { readonly type: "answer"; readonly askId: string; readonly value: Json }
  | { readonly type: "question-timed-out"; readonly id: string }
  | { readonly type: "ask-timed-out"; readonly askId: string; readonly path: string }
  | { readonly type: "answer-failed"; readonly askId: string; readonly error: WireError }
  | { readonly type: "forget"; readonly node: Node }
  /** A host broke the protocol or does not answer: end it. */
  | { readonly type: "condemn"; readonly host: string; readonly reason: string }
  | { readonly type: "fact"; readonly fact: Fact };
