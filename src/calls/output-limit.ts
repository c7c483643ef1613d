import type { ModelSpec } from "../wire/spec.ts";

/** The output tokens of one call of a model whose spec sets no `maxTokens`. */
const DEFAULT_MAX_TOKENS = 8192;

/** Returns the most output tokens that one call of a model asks for. */
export function maxTokensOf(model: ModelSpec): number {
  const asked = "maxTokens" in model ? model.maxTokens : undefined;
  return typeof asked === "number" && asked >= 1 ? Math.floor(asked) : DEFAULT_MAX_TOKENS;
}
