import { basename } from "node:path/posix";
import type { ErrorCode } from "../errors.ts";
import type { WireOutcome } from "../wire/outcome.ts";
import { isModule } from "../wire/providers.ts";
import type { ModelSpec } from "../wire/spec.ts";
import type { TokenUsage } from "../wire/transcript.ts";
import type { Attributes } from "./api.ts";
import type { OperationEnd } from "./operation.ts";
import type { Born } from "./recording.ts";

// Names and values follow https://github.com/open-telemetry/semantic-conventions-genai (in
// development there); names that it does not have begin with `coppice.`.

/** Returns attributes with few distinct values, so that metrics may have them too. */
export function modelAttributes(model: ModelSpec): Attributes {
  const { provider } = model;
  const isOwn = isModule(model);
  // A module may also name the model that it calls.
  const named = "model" in model && typeof model.model === "string" ? model.model : undefined;
  return {
    "gen_ai.provider.name": isOwn ? "module" : provider,
    "gen_ai.request.model": named ?? (isOwn ? basename(provider) : provider),
  };
}

export function agentAttributes({ node, labels }: Born): Attributes {
  const attributes: Attributes = { "gen_ai.agent.id": node.path };
  for (const [name, value] of Object.entries(labels)) attributes[`coppice.label.${name}`] = value;
  return attributes;
}

/**
 * Returns the end of an agent. Its usage includes everything below it, so the attributes do not
 * have the conventions' names, whose values are added up.
 */
export function agentEnding(outcome: WireOutcome): OperationEnd {
  const { usage, status } = outcome;
  const attributes: Attributes = { "coppice.outcome": status };
  for (const [unit, amount] of Object.entries(usage)) attributes[`coppice.usage.${unit}`] = amount;
  switch (outcome.status) {
    case "failed":
      return { attributes, error: outcome.error.code, message: outcome.error.message };
    case "killed":
      return { attributes, error: "killed", message: outcome.reason };
    case "exhausted":
      return { attributes, error: "exhausted", message: `no more ${outcome.unit}` };
    case "timed-out":
      return { attributes, error: "timeout", message: "its time was over" };
    default:
      return { attributes };
  }
}

/** Returns the end of a call. A cancelled call has not failed. */
export function callEnding(code: ErrorCode | "_OTHER" | undefined, message = ""): OperationEnd {
  if (code === "CANCELLED") return { attributes: { "coppice.outcome": "cancelled" } };
  return code === undefined ? {} : { error: code, message };
}

export function usageAttributes(usage: TokenUsage): Attributes {
  return {
    "gen_ai.usage.input_tokens": inputOf(usage),
    "gen_ai.usage.output_tokens": usage.outputTokens,
    "gen_ai.usage.cache_read.input_tokens": usage.cacheReadTokens,
    "gen_ai.usage.cache_creation.input_tokens": usage.cacheWriteTokens,
  };
}

/** Returns all input, cached included, as the conventions count it. */
export function inputOf({ inputTokens, cacheReadTokens, cacheWriteTokens }: TokenUsage): number {
  return inputTokens + cacheReadTokens + cacheWriteTokens;
}
