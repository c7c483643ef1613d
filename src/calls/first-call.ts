import type { FirstCall } from "../authority/ledger.ts";
import { isScripted, scriptedUsage } from "../models/scripted-usage.ts";
import type { Plan } from "../specs/plan.ts";
import type { Json } from "../wire/json.ts";
import { leastTokens } from "../wire/token-estimate.ts";
import { maxTokensOf } from "./output-limit.ts";

/**
 * The cheapest that an agent can begin with; undefined for a machine, which may never call its
 * model.
 *
 * **Guarantees** never more than its host will count, so that nobody is refused a spawn whose
 * first call would have been granted.
 */
export function firstCallOf({ models, spec, input, preamble }: Plan): FirstCall | undefined {
  const [model] = models;
  if (model === undefined || spec.machine !== undefined) return undefined;
  const maxTokens = maxTokensOf(model);
  if (isScripted(model)) return { inputTokens: 0, maxTokens, exact: scriptedUsage(model, 0) };
  return { inputTokens: preamble + leastTokens(input as Json), maxTokens };
}
