import { encodeError } from "../wire/error-codec.ts";
import type { ModelCall } from "./model.ts";
import type { Attempt } from "./retry.ts";

/** Makes attempt `number` with so many output tokens at most. */
export type AttemptWith = (number: number, maxTokens: number) => Promise<Attempt>;

/**
 * Makes attempts with fewer output tokens from the moment on at which the service says how many
 * fit: into what its context leaves, or into what its model can say.
 *
 * **Guarantees** it is tried again at once, and once per call; told as a retry. What the service
 * refused cost nothing.
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

/** How many output tokens a refused request may ask for; undefined where that would not help. */
function tokensThatFit(result: Attempt): number | undefined {
  if (result.status !== "failed" || result.error.details.status !== 400) return undefined;
  const reason = String(result.error.details.reason);
  const context = /max_tokens`? exceed context limit:\s*(\d+)\s*\+\s*\d+\s*>\s*(\d+)/.exec(reason);
  const model = /max_tokens: \d+ > (\d+), which is the maximum/.exec(reason);
  const fits = context ? Number(context[2]) - Number(context[1]) : Number(model?.[1]);
  return fits >= 1 ? fits : undefined;
}
