import type { Charge } from "../authority/ledger.ts";
import type { Engine } from "../engine/engine.ts";
import type { Node } from "../kernel/node.ts";
import type { EventBodies } from "../wire/event.ts";
import type { Command } from "../wire/frame.ts";
import type { ModelSpec } from "../wire/spec.ts";
import { promptOf } from "../wire/token-counts.ts";
import type { TokenUsage } from "../wire/transcript.ts";
import { budgetRefusal, type Exceeded } from "./budget-refusal.ts";
import { tellWarnings } from "./budget-warnings.ts";
import { chosenModel, isRetry, keepChoice, nextChoice } from "./model-choice.ts";
import type { Breaker } from "./noted-breaker.ts";

type Done = Extract<Command, { type: "model.done" }>;
type Retried = Extract<Command, { type: "model.retried" }>;
type Told = Retried | Extract<Command, { type: "output" }>;

/** The outcome of a call that ended. */
export type CallDone = Pick<
  Done,
  "callId" | "usage" | "partial" | "error" | "stopReason" | "again"
>;

/** Settles a model call that ended. Returns true when the same turn is requested again. */
export function settleModel(swarm: Engine, breaker: Breaker, node: Node, done: CallDone): boolean {
  const { parts, log, kernel } = swarm;
  const record = swarm.recordOf(node);
  const { callId, usage, partial = false, stopReason, error } = done;
  const model = chosenModel(record, callId);
  const next = nextChoice(record, callId, done, kernel.tree.now);
  const again = isRetry(next);
  const charge = parts.arbiter.settle(callId, usage, { partial, again });
  // Reported at once, so that the agent's very next model call can carry the notice.
  tellWarnings(swarm);
  const isError = error !== undefined;
  if (!isError && !partial) record.prompt.settled(callId, promptOf(usage));
  // Of the attempts at one model only the last says whether that model works.
  if (again && model !== undefined) breaker.ended(model, callId);
  else if (model !== undefined) note(breaker, model, { callId, done, now: kernel.tree.now });
  const how = { partial, isError, code: error?.code, stopReason };
  log.fact("model.finished", node.path, { callId, ...toldOf(charge), ...how });
  if (next === undefined) record.choices?.delete(callId);
  else keepChoice(record, callId, next);
  // The next prompt is the same one, which has been counted already.
  if (next !== undefined) record.prompt.mistrust(callId);
  if (again && error !== undefined && !node.closed) {
    const { failed: attempt, notBefore = 0 } = next;
    tellRetry(swarm, node, callId, { attempt, delayMs: notBefore - kernel.tree.now, error });
  }
  return next !== undefined;
}

/** Ends a model call that no report will come for; one that had begun costs its reservation. */
export function endUnreported(
  swarm: Engine,
  breaker: Breaker,
  node: Node,
  { callId, began }: { readonly callId: string; readonly began: boolean },
): void {
  const { parts, log } = swarm;
  const model = chosenModel(swarm.recordOf(node), callId);
  if (model !== undefined) breaker.ended(model, callId);
  if (began) {
    const how = { ...toldOf(parts.arbiter.settle(callId)), estimated: true, isError: true };
    return log.fact("model.finished", node.path, { callId, ...how });
  }
  parts.arbiter.release(callId);
  log.fact("model.finished", node.path, { callId, isError: true, code: "CANCELLED" });
}

/** Reserves what a call turned out to need beyond its reservation, or has its stream ended. */
export function growModel(
  swarm: Engine,
  node: Node,
  { callId, usage }: { readonly callId: string; readonly usage: TokenUsage },
  end: (why: Exceeded) => void,
): void {
  const { error, unit } = swarm.parts.arbiter.grow(callId, usage) ?? {};
  if (error === undefined || unit === undefined) return;
  swarm.log.fact("budget.refused", node.path, budgetRefusal({ callId }, { error, unit }));
  // An agent that has ended meanwhile is charged all of it; it has no stream to end.
  if (!node.closed) end({ error, unit });
}

/** Returns the charge of a call as its event shows it; both are the same figures. */
export function toldOf(
  charge: Charge | undefined,
): Partial<Pick<EventBodies["model.finished"], "usage" | "usd">> {
  return charge === undefined ? {} : { usage: { ...charge.usage }, usd: charge.usd };
}

/** Emits the reports of a call that still runs. */
export function tellOfModel(swarm: Engine, node: Node, report: Told): void {
  const { log } = swarm;
  const { callId } = report;
  if (report.type === "output") {
    return log.ephemeral("agent.output", node.path, { callId, text: report.text });
  }
  tellRetry(swarm, node, callId, report);
}

function tellRetry(
  { log }: Engine,
  { path }: Node,
  callId: string,
  { attempt, delayMs, error }: Pick<Retried, "attempt" | "delayMs" | "error">,
): void {
  const { code, message } = error;
  log.fact("model.retried", path, { callId, attempt, delayMs, code, message });
}

/**
 * Reports the outcome of a call to the breaker. An answer has a stop reason; a call with neither a
 * stop reason nor an error was cancelled.
 */
function note(
  breaker: Breaker,
  model: ModelSpec,
  { callId, done, now }: { readonly callId: string; readonly done: CallDone; readonly now: number },
): void {
  const { error, stopReason } = done;
  if (error === undefined && stopReason !== undefined) return breaker.answered(model);
  const isItsOwn = error?.code !== "MODEL_FAILED" || error.details.retryable === false;
  if (isItsOwn) breaker.ended(model, callId);
  else breaker.failed(model, callId, now);
}
