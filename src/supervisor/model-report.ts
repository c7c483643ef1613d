import type { Charge } from "../authority/ledger.ts";
import type { Node } from "../kernel/node.ts";
import type { EventBody } from "../wire/event.ts";
import type { Out } from "../wire/frame.ts";
import type { ModelSpec } from "../wire/spec.ts";
import { tellWarnings } from "./budget-warnings.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import { chosenModel, fallBack } from "./model-choice.ts";
import { promptOf } from "./prompt-estimate.ts";
import type { Swarm } from "./swarm.ts";

type Done = Extract<Out, { type: "model.done" }>;
type Told = Extract<Out, { type: "model.retried" | "output" }>;

/** What is known of a call that ended. */
export type CallDone = Pick<Done, "usage" | "partial" | "error" | "stopReason">;

/** Settles a model call that ended; true when another model is asked for the same turn. */
export function settleModel(
  swarm: Swarm,
  breaker: CircuitBreaker,
  node: Node,
  callId: string,
  done: CallDone,
): boolean {
  const { parts, log } = swarm;
  const record = swarm.recordOf(node);
  const { usage, partial = false, stopReason, error } = done;
  const model = chosenModel(record, callId);
  const charge = parts.arbiter.settle(callId, usage);
  // At once, so that the agent's very next model call can take it along.
  tellWarnings(swarm);
  const isError = error !== undefined;
  if (!isError && !partial) record.prompt.settled(callId, promptOf(usage));
  if (model !== undefined) note(breaker, model, { callId, done, now: swarm.kernel.tree.now });
  const how = { partial, isError, code: error?.code, stopReason };
  log.fact("model.finished", node.path, { callId, ...toldOf(charge), ...how });
  const fellBack = fallBack(record, callId, error);
  // The next prompt is this one again, which has been counted.
  if (fellBack) record.prompt.mistrust(callId);
  return fellBack;
}

/** What a call was charged, as its event tells it: they are the same figures. */
export function toldOf(charge: Charge | undefined): EventBody {
  return charge === undefined ? {} : { usage: { ...charge.usage }, usd: charge.usd };
}

/** Tells what a call says while it runs. */
export function tellOfModel(swarm: Swarm, node: Node, report: Told): void {
  const { log } = swarm;
  const { callId } = report;
  if (report.type === "output") {
    return log.ephemeral("agent.output", node.path, { callId, text: report.text });
  }
  const { attempt, delayMs, error } = report;
  swarm.recordOf(node).prompt.mistrust(callId);
  const { code, message } = error;
  log.fact("model.retried", node.path, { callId, attempt, delayMs, code, message });
}

/** An answer has a reason why it stopped; what has neither that nor an error was cancelled. */
function note(
  breaker: CircuitBreaker,
  model: ModelSpec,
  { callId, done, now }: { readonly callId: string; readonly done: CallDone; readonly now: number },
): void {
  const { error, stopReason } = done;
  if (error === undefined && stopReason !== undefined) return breaker.answered(model);
  const isItsOwn = error?.code !== "MODEL_FAILED" || error.details.retryable === false;
  if (isItsOwn) breaker.ended(model, callId);
  else breaker.failed(model, callId, now);
}
