import type { FirstCall } from "../authority/ledger.ts";
import { isScripted, scriptedUsage } from "../models/scripted-usage.ts";
import type { ResolvedSpec } from "../specs/resolved-spec.ts";
import type { Json } from "../wire/json.ts";
import { leastTokens } from "../wire/token-estimate.ts";
import { maxTokensOf } from "./output-limit.ts";

/**
 * Returns the cheapest first call of an agent; undefined for a machine, which may never call its
 * model.
 *
 * **Guarantees** never more than the host will count, so that no spawn is refused whose first call
 * would have been granted.
 */
export function firstCallOf({
  models,
  spec,
  input,
  preamble,
}: ResolvedSpec): FirstCall | undefined {
  const [model] = models;
  if (model === undefined || spec.machine !== undefined) return undefined;
  const maxTokens = maxTokensOf(model);
  if (isScripted(model)) return { inputTokens: 0, maxTokens, exact: scriptedUsage(model, 0) };
  return { inputTokens: preamble + leastTokens(input as Json), maxTokens };
}
