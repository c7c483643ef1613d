import type { Said } from "../engine/call-standing.ts";
import type { Effect } from "../kernel/effects.ts";
import type { Node } from "../kernel/node.ts";
import type { CallRequest } from "../tools/running-call.ts";
import type { ReadCallInput } from "./tool-inputs.ts";
import type { Called } from "./tool-refusals.ts";

export type Begun = Pick<CallRequest, "callId" | "tool" | "input" | "read">;

/** A tool call that has passed its door. */
export interface PassedTool {
  readonly call: Called;
  /** With the input that was checked. */
  readonly begun: Begun;
  readonly given: ReadCallInput | undefined;
  readonly said: Said;
}

/** What is carried out for an agent in a step of its own. */
export type Requested =
  | Extract<Effect, { type: "request" | "model" }>
  /** A call that has waited goes on. */
  | { readonly type: "go-on"; readonly node: Node; readonly callId: string }
  /** A tool call that has passed its door begins. */
  | { readonly type: "begin"; readonly node: Node; readonly passed: PassedTool };
