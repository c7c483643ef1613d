import { modelId } from "./providers.ts";
import type { ModelSpec } from "./spec.ts";

/** A model as people read it: `anthropic:claude-sonnet-4-5`, `scripted`, or a module's URL. */
export function modelName(model: ModelSpec): string {
  const id = modelId(model);
  return id === undefined ? model.provider : `${model.provider}:${id}`;
}
