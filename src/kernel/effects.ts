import type { DeliveryBody } from "../wire/delivery.ts";
import type { Command } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import type { End } from "./end.ts";
import type { Fact } from "./fact.ts";
import type { Call, Node, NodeKey } from "./node.ts";
import type { RunLetter } from "./run-letter.ts";

/** A decision that the shell must carry out; effects are carried out in their order. */
export type Effect =
  /** Choose a host, place the agent there, and report it with {@link Kernel.placed}. */
  | {
      readonly type: "place";
      readonly node: Node;
      readonly moved: boolean;
      /** True for a host of its own, because the agent may have frozen the last one. */
      readonly alone?: true;
    }
  /** Post a delivery to the agent's host. */
  | {
      readonly type: "deliver";
      readonly node: Node;
      readonly n: number;
      readonly body: DeliveryBody;
    }
  /** Make a host forget an incarnation of the agent. */
  | {
      readonly type: "drop";
      readonly node: Node;
      /** The incarnation that lived on the host; a later one may live elsewhere by now. */
      readonly incarnation: number;
      readonly host: string;
    }
  /** A request that the arbiter must decide. */
  | { readonly type: "request"; readonly node: Node; readonly command: Command }
  /** A request that was deferred until its agent had a slot: pass it to {@link Kernel.resume}. */
  | { readonly type: "resume"; readonly node: Node; readonly command: Command }
  /** A model call whose turn has come and that the arbiter must decide. */
  | { readonly type: "model"; readonly node: Node; readonly call: Call }
  /** A report that changes accounts or is only passed on: `model.*` and `output`. */
  | { readonly type: "report"; readonly node: Node; readonly command: Command }
  /** A permitted model call that no host will report on. If it began, its cost is unknown. */
  | {
      readonly type: "model-lost";
      readonly node: Node;
      readonly callId: string;
      readonly began: boolean;
    }
  /** The agent's rights are withdrawn: set its cancel flag. */
  | { readonly type: "close"; readonly node: Node }
  /** Abort what runs for the agent on the supervisor's thread. */
  | { readonly type: "abort"; readonly node: Node; readonly reason: string }
  /** An incarnation has ended and another will follow: keep the account, take a new cancel flag. */
  | { readonly type: "renew"; readonly node: Node }
  /** The agent has ended: close its accounts and report its outcome. */
  | { readonly type: "ended"; readonly node: Node; readonly end: End }
  | { readonly type: "answer"; readonly askId: string; readonly value: Json }
  | { readonly type: "question-timed-out"; readonly id: string }
  /** An ask is over: its host forgets it, and the asker gets no answer any more. */
  | { readonly type: "ask-over"; readonly node: Node; readonly askId: string }
  | { readonly type: "ask-timed-out"; readonly askId: string; readonly path: string }
  | { readonly type: "answer-failed"; readonly askId: string; readonly error: WireError }
  /** A host broke the protocol or does not answer: terminate it. */
  | {
      readonly type: "terminate";
      readonly host: string;
      readonly reason: string;
      /** The agents that have not taken the order to end: pass them to `outlive`. */
      readonly outlived?: readonly Node[];
    }
  /** A letter for an agent of another run. */
  | { readonly type: "letter"; readonly to: NodeKey; readonly letter: RunLetter }
  | { readonly type: "fact"; readonly fact: Fact };
