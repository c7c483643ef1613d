import { tellWarnings } from "../calls/budget-warnings.ts";
import { write } from "../calls/far-mail.ts";
import type { ModelCalls } from "../calls/model-calls.ts";
import { carryOutNext, type RequestEngine, takeReport, takeRequest } from "../calls/requests.ts";
import { closeAgent, type EndingEngine, renewAgent, settleAgent } from "../engine/agent-ends.ts";
import { NOBODY } from "../engine/containment.ts";
import { terminate } from "../engine/host-events.ts";
import type { Effect } from "../kernel/effects.ts";
import type { Node } from "../kernel/node.ts";
import type { DeliveryBody } from "../wire/delivery.ts";
import { decodeError } from "../wire/error-codec.ts";
import type { FactType } from "../wire/event.ts";

/** The parts of the engine that carry out effects. */
interface EffectEngine extends RequestEngine, Pick<EndingEngine, "ended" | "labels"> {
  readonly modelCalls: ModelCalls;
}

/**
 * Carries out effects until none are left, since an effect may let other agents continue; then the
 * requests that they have added for an agent, if the step may go on with them.
 */
export function carryOutAll(swarm: EffectEngine): void {
  const { requests, outside } = swarm;
  carryOutEffects(swarm);
  const node = requests.takeLatest();
  if (node === undefined || !outside.look("at-once", () => requests.mayGoOn())) return;
  requests.atOnce(() => carryOutNext(swarm, node));
  carryOutEffects(swarm);
  // What it has added belongs to the next steps.
  requests.takeLatest();
}

function carryOutEffects(swarm: EffectEngine): void {
  for (;;) {
    const effects = swarm.kernel.takeEffects();
    for (const effect of effects) contain(swarm, effect);
    swarm.outside.update(swarm.modelCalls.waiting.notice);
    swarm.outside.update(swarm.rateLimitedCalls.noticeDue);
    const warned = tellWarnings(swarm);
    if (effects.length === 0 && !warned) return;
  }
}

/** Carries out one effect; an error that it throws is reported and does not stop the others. */
function contain(swarm: EffectEngine, effect: Effect): void {
  try {
    carryOut(swarm, effect);
  } catch (thrown) {
    const doing = "command" in effect ? effect.command.type : effect.type;
    swarm.contained.fault("node" in effect ? effect.node.path : NOBODY, doing, thrown);
  }
}

function carryOut(swarm: EffectEngine, effect: Effect): void {
  const { router, log, asks } = swarm;
  switch (effect.type) {
    case "fact":
      return log.fact(effect.fact.type as FactType, effect.fact.path, effect.fact);
    case "place":
      return place(swarm, effect.node, effect.moved, effect.alone);
    case "deliver":
      return deliver(swarm, effect.node, effect.n, effect.body);
    case "drop":
      return router.drop(effect.node, effect.incarnation, effect.host);
    case "close":
      return closeAgent(swarm, effect.node);
    case "abort": {
      const abort = swarm.record(effect.node.path)?.aborting(effect.reason);
      return abort && swarm.releases.add(abort);
    }
    case "renew":
      return renewAgent(swarm, effect.node);
    case "ended":
      return settleAgent(swarm, effect.node, effect.end);
    case "terminate":
      return terminate(swarm, effect);
    case "letter":
      if (effect.letter.type === "ask-over") asks.forget(effect.letter.askId);
      return write(swarm, effect.to, effect.letter);
    case "question-timed-out":
      return swarm.approvals.expire(effect.id);
    case "answer":
      return asks.answer(effect.askId, effect.value);
    case "answer-failed":
      return asks.fail(effect.askId, decodeError(effect.error));
    case "ask-over":
      asks.forget(effect.askId);
      return router.endAsk(effect.node, effect.askId);
    case "ask-timed-out":
      return asks.timeOut(effect.askId);
    case "request":
      return takeRequest(swarm, effect);
    case "model":
      return swarm.requests.add(effect);
    default:
      return takeReport(swarm, effect);
  }
}

function place(swarm: EffectEngine, node: Node, moved: boolean, alone = false): void {
  if (node.closed) return;
  const { router, kernel, modelCalls } = swarm;
  const record = swarm.recordOf(node);
  record.cancelFlag ??= router.cancelFlags.take();
  const host = router.place(node, record, alone);
  kernel.placed(node, host.id, moved);
  modelCalls.jobs.placed(node, record);
  if (host.isolation !== undefined) kernel.isOnOwnHost(node);
}

function deliver(swarm: EffectEngine, node: Node, n: number, body: DeliveryBody): void {
  const { router, kernel, modelCalls } = swarm;
  if (body.type === "end" && !router.isLaunched(node.host)) return kernel.neverBegan(node);
  modelCalls.delivered(node, body);
  router.deliver(node, n, body);
}
