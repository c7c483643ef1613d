import type { ModelSpec } from "./spec.ts";

/**
 * Returns the name of a model for people: `anthropic:claude-haiku-5-5`, `scripted`, or a module's
 * URL with the name that its options give the model.
 */
export function modelName(model: ModelSpec): string {
  const named = "model" in model ? model.model : undefined;
  return typeof named === "string" ? `${model.provider}:${named}` : model.provider;
}
