import type { DeliveryBody } from "../wire/delivery.ts";
import type { Out } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import type { End } from "./end.ts";
import type { Fact } from "./fact.ts";
import type { Call, Node, NodeKey } from "./node.ts";
import type { RunLetter } from "./run-letter.ts";

/** What the kernel has decided and somebody else must do, in this order. */
export type Effect =
  /** Choose a host and place the agent there; then say so with {@link Kernel.placed}. */
  | {
      readonly type: "place";
      readonly node: Node;
      readonly moved: boolean;
      /** On a host that is its own: it may have frozen the last one. */
      readonly alone?: true;
    }
  | {
      readonly type: "deliver";
      readonly node: Node;
      readonly n: number;
      readonly body: DeliveryBody;
    }
  | {
      readonly type: "drop";
      readonly node: Node;
      /** The one that lived there: another may have taken its place. */
      readonly incarnation: number;
      readonly host: string;
    }
  /** A request that the arbiter must decide. */
  | { readonly type: "request"; readonly node: Node; readonly out: Out }
  /** A request that was held until its agent had a slot: hand it to {@link Kernel.resume}. */
  | { readonly type: "resume"; readonly node: Node; readonly out: Out }
  /** A model call whose turn has come: the arbiter must decide. */
  | { readonly type: "model"; readonly node: Node; readonly call: Call }
  /** A report that changes accounts or is only passed on: model.done, model.retried, output. */
  | { readonly type: "report"; readonly node: Node; readonly out: Out }
  /** A permitted model call that nobody will report on. If it began, its cost is not known. */
  | {
      readonly type: "model-lost";
      readonly node: Node;
      readonly callId: string;
      readonly began: boolean;
    }
  /** Rights withdrawn: set the cancel word. */
  | { readonly type: "close"; readonly node: Node }
  /** Abort what runs on the supervisor's thread for it. */
  | { readonly type: "abort"; readonly node: Node; readonly reason: string }
  /** An incarnation is gone, and another one will take its place: same account, new cancel word. */
  | { readonly type: "renew"; readonly node: Node }
  /** The agent is gone; its accounts close, its outcome is told. */
  | { readonly type: "ended"; readonly node: Node; readonly end: End }
  | { readonly type: "answer"; readonly askId: string; readonly value: Json }
  | { readonly type: "question-timed-out"; readonly id: string }
  /** Its host is to forget an ask, and the asker is not told of an answer any more. */
  | { readonly type: "ask-over"; readonly node: Node; readonly askId: string }
  | { readonly type: "ask-timed-out"; readonly askId: string; readonly path: string }
  | { readonly type: "answer-failed"; readonly askId: string; readonly error: WireError }
  /** A host broke the protocol or does not answer: end it. */
  | {
      readonly type: "condemn";
      readonly host: string;
      readonly reason: string;
      /** Who there has not heard the order to end: say with `outlive` who kept them from it. */
      readonly outlived?: readonly Node[];
    }
  /** For an agent of another run. */
  | { readonly type: "letter"; readonly to: NodeKey; readonly letter: RunLetter }
  | { readonly type: "fact"; readonly fact: Fact };
