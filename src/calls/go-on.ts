import type { Engine } from "../engine/engine.ts";
import type { Call, Node } from "../kernel/node.ts";
import { isPaused } from "../kernel/node.ts";
import { isJob } from "./model-result.ts";
import type { Requested } from "./requested.ts";

/** The engine as calls that are resumed need it. */
export interface GoingOnEngine extends Engine {
  readonly modelCalls: { request(node: Node, call: Call): void };
  readonly requests: { add(request: Requested): void };
}

/**
 * Resumes a call that has waited. It is requested anew, and the door applies the progress that was
 * kept for it.
 *
 * The agent has given its slot back and may be paused, so a call that would begin at once waits for
 * both. The permit of the loop's own model call is delivered to the agent, and delivery waits for
 * both by itself.
 */
export function goOn(swarm: GoingOnEngine, node: Node, callId: string): void {
  const call = node.calls.get(callId);
  // The call of an agent that was ended in this same tick is about to be withdrawn.
  if (call === undefined || node.closed) return;
  const isDelivered = call.command.type === "model" && !isJob(call);
  if (isDelivered && !isPaused(node)) swarm.modelCalls.request(node, call);
  else swarm.kernel.again(node, callId);
}
