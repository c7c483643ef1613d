import type { ModelSpec, ScriptedModel, ScriptedStep } from "../wire/spec.ts";
import type { TokenUsage } from "../wire/transcript.ts";
import { noTokens, tokenUsageOf } from "./token-usage.ts";

export function isScripted(spec: ModelSpec): spec is ScriptedModel {
  return spec.provider === "scripted";
}

/**
 * Returns the step that answers call number `turn`, counted from 0; undefined when the script ran
 * out.
 */
export function scriptedStep(spec: ScriptedModel, turn: number): ScriptedStep | undefined {
  return spec.steps[spec.repeat === true ? turn % spec.steps.length : turn];
}

/**
 * Returns the usage of call number `turn` of a script. It is known beforehand, so that exactly this
 * can be reserved.
 */
export function scriptedUsage(spec: ScriptedModel, turn: number): TokenUsage {
  return stepUsage(scriptedStep(spec, turn));
}

export function stepUsage(step: Pick<ScriptedStep, "usage"> | undefined): TokenUsage {
  if (step?.usage === undefined) return noTokens;
  const { cacheReadTokens = 0, cacheWriteTokens = 0, ...usage } = step.usage;
  return tokenUsageOf({ ...usage, cacheReadTokens, cacheWriteTokens });
}
