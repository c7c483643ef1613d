import type { Engine } from "../engine/engine.ts";
import type { Call, Node } from "../kernel/node.ts";
import { isPaused } from "../kernel/node.ts";
import { isJob } from "./model-result.ts";
import type { Requested } from "./requested.ts";

/** Where calls that have stopped go on. */
export interface GoingOnEngine extends Engine {
  readonly modelCalls: { request(node: Node, call: Call): void };
  readonly requests: { add(request: Requested): void };
}

/**
 * Takes up a call that has waited: as if it were asked for just now, so that it finds its standing.
 *
 * Its agent has given its slot back, and may be paused: a call that would begin at once waits for
 * both. The permit of the loop's own model call is delivered, which does that by itself.
 */
export function goOn(swarm: GoingOnEngine, node: Node, callId: string): void {
  const call = node.calls.get(callId);
  // An agent that was ended in this very tick is about to take it back.
  if (call === undefined || node.closed) return;
  const isDelivered = call.out.type === "model" && !isJob(call);
  if (isDelivered && !isPaused(node)) swarm.modelCalls.request(node, call);
  else swarm.kernel.again(node, callId);
}
