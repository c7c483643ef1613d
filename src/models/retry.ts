import type { CoppiceError } from "../errors.ts";
import type { Clock } from "../wire/clock.ts";
import { encodeError } from "../wire/error-codec.ts";
import {
  type CallRemains,
  callCancelled,
  type ModelCall,
  ModelCallFailed,
  type ModelReply,
  nothingUsed,
} from "./model.ts";
import { addTokens } from "./token-usage.ts";
import { wait } from "./wait.ts";

/** What one attempt came to. */
export type Attempt =
  | { readonly status: "answered"; readonly reply: ModelReply }
  | {
      readonly status: "failed";
      readonly error: CoppiceError;
      readonly remains: CallRemains;
      /** Whether the same request may succeed later. */
      readonly again: boolean;
      /** What the service asked to wait, in milliseconds. */
      readonly retryAfterMs?: number;
    };

export interface RetryPolicy {
  readonly clock: Clock;
  /** A number from 0 to below 1: `Math.random`, or a seeded one. */
  readonly chance: () => number;
  /** Attempts after the first. Default 3; 0 is none. */
  readonly retries?: number;
  /** Milliseconds without a word after which a stream counts as cut. Default 600_000. */
  readonly silentMs?: number | undefined;
}

/** The longest wait that a service may ask for; a longer one is cut to this. */
const maxRetryAfterMs = 60_000;

/**
 * Attempts a model call until it is answered, cannot succeed, or has used up its retries.
 *
 * **Guarantees** at most `retries` + 1 attempts; `onRetry` before each wait; an abort ends a wait
 * at once; the usage of failed attempts is part of the result, so that no attempt is free.
 * **Fails with** {@link ModelCallFailed} of the last attempt, or `CANCELLED`.
 */
export async function retry(
  attempt: (number: number) => Promise<Attempt>,
  policy: RetryPolicy,
  call: ModelCall,
): Promise<ModelReply> {
  const { clock, chance, retries = 3 } = policy;
  let spent = nothingUsed;
  for (let made = 1; ; made += 1) {
    if (call.signal.aborted) throw callCancelled(call.signal, spent);
    const result = await attempt(made);
    if (result.status === "answered") {
      return { ...result.reply, usage: addTokens(spent.usage, result.reply.usage) };
    }
    spent = addRemains(spent, result.remains);
    if (call.signal.aborted) throw callCancelled(call.signal, spent);
    if (!result.again || made > retries) {
      throw new ModelCallFailed(result.error, spent);
    }
    const delayMs = delayOf(made, result.retryAfterMs, chance);
    call.onRetry({ attempt: made, delayMs, error: encodeError(result.error, "MODEL_FAILED") });
    await wait(clock, delayMs, call.signal);
  }
}

/** As the SDK itself waits: half a second doubled up to eight, less up to a quarter by chance. */
function delayOf(made: number, retryAfterMs: number | undefined, chance: () => number): number {
  if (retryAfterMs !== undefined) return Math.min(retryAfterMs, maxRetryAfterMs);
  return Math.round(Math.min(500 * 2 ** (made - 1), 8_000) * (1 - chance() / 4));
}

function addRemains(spent: CallRemains, more: CallRemains): CallRemains {
  return {
    usage: addTokens(spent.usage, more.usage),
    partial: spent.partial || more.partial,
    partialText: more.partialText || spent.partialText,
  };
}
