import type { ModelSpec } from "../wire/spec.ts";

/** Output tokens of one call where the model's spec says nothing. */
const DEFAULT_MAX_TOKENS = 8192;

/** The most output tokens that are wanted of one call of a model. */
export function maxTokensOf(model: ModelSpec): number {
  const asked = "maxTokens" in model ? model.maxTokens : undefined;
  return typeof asked === "number" && asked >= 1 ? Math.floor(asked) : DEFAULT_MAX_TOKENS;
}
