import type { CoppiceError } from "../errors.ts";
import { MAX_ATTEMPTS, MAX_RETRY_MS } from "../wire/attempts.ts";
import type { Clock } from "../wire/clock.ts";
import { encodeError } from "../wire/error-codec.ts";
import {
  type CallRemains,
  callCancelled,
  type ModelCall,
  ModelCallFailed,
  type ModelReply,
} from "./model.ts";
import { wait } from "./wait.ts";

/** The result of one attempt. */
export type Attempt =
  | { readonly status: "answered"; readonly reply: ModelReply }
  | {
      readonly status: "failed";
      readonly error: CoppiceError;
      readonly remains: CallRemains;
      /** True when the same request may succeed later. */
      readonly again: boolean;
      /** Milliseconds that the service asked to wait. */
      readonly retryAfterMs?: number;
    };

export interface RetryPolicy {
  readonly clock: Clock;
  /** Returns a number from 0 to below 1: `Math.random`, or a seeded one. */
  readonly chance: () => number;
  /** Attempts after the first. Default 3; 0 means none. */
  readonly retries?: number;
  /** Milliseconds without data after which a stream counts as cut. Default 600_000. */
  readonly silentMs?: number | undefined;
}

/**
 * Attempts a model call until it is answered, cannot succeed, or has used up its attempts.
 *
 * **Guarantees** A failed attempt is repeated in place only when it certainly was not billed. After
 * any other the call fails with `again`, so that the next attempt is paid for. There are at most
 * `retries` + 1 attempts, those before this permit included. `onRetry` is called before each wait.
 * An abort ends a wait at once.
 * **Fails with** {@link ModelCallFailed} of the last attempt, or `CANCELLED`.
 */
export async function retry(
  attempt: (number: number) => Promise<Attempt>,
  policy: RetryPolicy,
  call: ModelCall,
): Promise<ModelReply> {
  const { clock, chance, retries = MAX_ATTEMPTS - 1 } = policy;
  const { failed = 0 } = call;
  for (let made = failed + 1; ; made += 1) {
    if (call.signal.aborted) throw callCancelled(call.signal);
    const result = await attempt(made);
    if (result.status === "answered") return result.reply;
    const { error, remains } = result;
    if (call.signal.aborted) throw callCancelled(call.signal, remains);
    if (!result.again || made > retries) throw new ModelCallFailed(error, remains);
    const delayMs = delayOf(made, result.retryAfterMs, chance);
    if (mayBeBilled(remains)) {
      throw new ModelCallFailed(error, { ...remains, again: { attempt: made, delayMs } });
    }
    call.onRetry({ attempt: made, delayMs, error: encodeError(error, "MODEL_FAILED") });
    await wait(clock, delayMs, call.signal);
  }
}

/**
 * Returns the wait that the service asked for, else the SDK's own: half a second doubled up to
 * eight, less up to a quarter by chance.
 */
function delayOf(made: number, retryAfterMs: number | undefined, chance: () => number): number {
  if (retryAfterMs !== undefined) return Math.ceil(Math.min(retryAfterMs, MAX_RETRY_MS));
  return Math.round(Math.min(500 * 2 ** (made - 1), 8_000) * (1 - chance() / 4));
}

function mayBeBilled({ partial, usage }: CallRemains): boolean {
  return partial || Object.values(usage).some((tokens) => tokens > 0);
}
