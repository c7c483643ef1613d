import { CoppiceError } from "../errors.ts";
import type { Clock } from "../wire/clock.ts";
import type { ScriptedModel, ScriptedStep } from "../wire/spec.ts";
import {
  callCancelled,
  type Model,
  type ModelCall,
  ModelCallFailed,
  type ModelReply,
} from "./model.ts";
import { scriptedStep, stepUsage } from "./scripted-usage.ts";
import { stepReply } from "./step-reply.ts";
import { wait } from "./wait.ts";

/**
 * Creates a model that answers as its script says: offline, deterministic, and at once unless a
 * step has a delay.
 *
 * **Guarantees** A step without `delayMs` and `error` answers synchronously. A step whose wait is
 * aborted used nothing. A step with an `error` used its `usage` and streamed its `text`.
 * **Fails with** `SCRIPT_EXHAUSTED`, `MODEL_FAILED` (a step's `error`), `CANCELLED`.
 */
export function scriptedModel(spec: ScriptedModel, clock: Clock): Model {
  return {
    call({ turn }, call) {
      const step = scriptedStep(spec, turn);
      if (call.signal.aborted) return Promise.reject(callCancelled(call.signal));
      if (step === undefined) return Promise.reject(exhausted(spec, turn));
      if (step.delayMs) return afterDelay(step, step.delayMs, turn, call, clock);
      return step.error === undefined ? say(step, turn, call) : fail(step, call);
    },
  };
}

function say(step: ScriptedStep, turn: number, call: ModelCall): ModelReply {
  if (step.text) call.onText(step.text);
  return stepReply(step, turn);
}

function fail(step: ScriptedStep, call: ModelCall): Promise<never> {
  const partialText = step.text ?? "";
  if (partialText) call.onText(partialText);
  const error = new CoppiceError("MODEL_FAILED", step.error || "The script says that it fails");
  const remains = { usage: stepUsage(step), partial: false, partialText };
  return Promise.reject(new ModelCallFailed(error, remains));
}

async function afterDelay(
  step: ScriptedStep,
  delayMs: number,
  turn: number,
  call: ModelCall,
  clock: Clock,
): Promise<ModelReply> {
  if ((await wait(clock, delayMs, call.signal)) === "aborted") throw callCancelled(call.signal);
  return step.error === undefined ? say(step, turn, call) : fail(step, call);
}

function exhausted({ steps }: ScriptedModel, turn: number): ModelCallFailed {
  const message = `Model call ${turn + 1} found no step: the script has ${steps.length}`;
  return new ModelCallFailed(
    new CoppiceError("SCRIPT_EXHAUSTED", message, { steps: steps.length, turn }),
  );
}
