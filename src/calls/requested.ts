import type { Said } from "../engine/call-progress.ts";
import type { Effect } from "../kernel/effects.ts";
import type { Node } from "../kernel/node.ts";
import type { CallRequest } from "../tools/running-call.ts";
import type { ReadCallInput } from "./tool-inputs.ts";
import type { Called } from "./tool-refusals.ts";

export type Begun = Pick<CallRequest, "callId" | "tool" | "input" | "read">;

/** A tool call that has passed the door. */
export interface PassedTool {
  readonly call: Called;
  /** The call with the input that was checked. */
  readonly begun: Begun;
  readonly given: ReadCallInput | undefined;
  readonly said: Said;
}

/** A request that is carried out for an agent in a step of its own. */
export type Requested =
  | Extract<Effect, { type: "request" | "model" }>
  /** Resumes a call that has waited. */
  | { readonly type: "go-on"; readonly node: Node; readonly callId: string }
  /** Begins a tool call that has passed the door. */
  | { readonly type: "begin"; readonly node: Node; readonly passed: PassedTool };
