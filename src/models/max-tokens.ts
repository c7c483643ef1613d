import { encodeError } from "../wire/error-codec.ts";
import type { ModelCall } from "./model.ts";
import type { Attempt } from "./retry.ts";

/** Makes attempt `number` with at most `maxTokens` output tokens. */
export type AttemptWith = (number: number, maxTokens: number) => Promise<Attempt>;

/**
 * Returns a function that makes attempts. Once the service says how many output tokens fit into the
 * rest of its context or are its model's maximum, attempts ask for that many.
 *
 * **Guarantees** The attempt is repeated at once, and once per call; it is reported as a retry. The
 * refused request cost nothing.
 */
export function fittedAttempts(
  attempt: AttemptWith,
  maxTokens: number,
  call: ModelCall,
): (number: number) => Promise<Attempt> {
  let fitting: number | undefined;
  return async (made) => {
    if (fitting !== undefined) return attempt(made + 1, fitting);
    const result = await attempt(made, maxTokens);
    const fits = tokensThatFit(result);
    if (result.status !== "failed" || fits === undefined || fits >= maxTokens) return result;
    if (call.signal.aborted) return result;
    fitting = fits;
    const error = encodeError(result.error, "MODEL_FAILED");
    call.onRetry({ attempt: made, delayMs: 0, error });
    return attempt(made + 1, fitting);
  };
}

/**
 * Returns the output tokens that a refused request may ask for; undefined when fewer do not help.
 */
function tokensThatFit(result: Attempt): number | undefined {
  if (result.status !== "failed" || result.error.details.status !== 400) return undefined;
  const reason = String(result.error.details.reason);
  const context = /max_tokens`? exceed context limit:\s*(\d+)\s*\+\s*\d+\s*>\s*(\d+)/.exec(reason);
  const model = /max_tokens: \d+ > (\d+), which is the maximum/.exec(reason);
  const fits = context ? Number(context[2]) - Number(context[1]) : Number(model?.[1]);
  return fits >= 1 ? fits : undefined;
}
