import type { ModelSpec } from "./spec.ts";

/**
 * A model as people read it: `anthropic:claude-sonnet-4-5`, `scripted`, or a module's URL with
 * what its options call the model.
 */
export function modelName(model: ModelSpec): string {
  const named = "model" in model ? model.model : undefined;
  return typeof named === "string" ? `${model.provider}:${named}` : model.provider;
}
