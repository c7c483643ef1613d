import { CoppiceError } from "../errors.ts";
import { shorten } from "../wire/clip.ts";
import { describe } from "../wire/error-codec.ts";
import { isError } from "../wire/realm.ts";
import { readRetryAfter, type ServiceError, statusMayPass } from "./passing-failure.ts";
import { wasNeverSent } from "./unsent.ts";

export interface ServiceFailure {
  readonly error: CoppiceError;
  readonly again: boolean;
  readonly retryAfterMs?: number;
  /** True when it certainly cost nothing: the service refused it, or was never reached. */
  readonly unbilled: boolean;
}

export interface FailureContext {
  readonly model: string;
  /** Number of attempts made, this one included. */
  readonly attempts: number;
  /** True when the service had begun to answer. */
  readonly begun: boolean;
  /** The secret that must not be in any error. */
  readonly apiKey: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Fields of the SDK's errors. */
interface Thrown extends ServiceError {
  readonly type?: string | null;
  readonly apiMessage?: unknown;
  readonly errorCode?: string | null;
  readonly requestID?: string | null;
  readonly cause?: unknown;
}

/** Types of errors that a stream reports after it began, without a status, and that may pass. */
const passing = ["overloaded_error", "api_error", "rate_limit_error", "timeout_error"];

/** Codes of money limits. They have status 429 as well, and do not pass by waiting. */
const lasting = ["enforced_spend_limit_reached", "contract_spend_limit_reached"];

/** Describes the failure of a request or its stream, and whether to try again. */
export function describeFailure(thrown: unknown, context: FailureContext): ServiceFailure {
  const seen: Thrown = typeof thrown === "object" && thrown !== null ? thrown : {};
  const message = clean(messageOf(thrown, seen), context.apiKey);
  const [type, errorCode, requestId] = [seen.type, seen.errorCode, seen.requestID].map((said) => {
    return said ? clean(said, context.apiKey) : undefined;
  });
  const retryAfterMs = readRetryAfter(seen.headers, context.now);
  const again = mayPass(seen);
  return {
    error: new CoppiceError(
      "MODEL_FAILED",
      `${headline(seen.status, type, context.model)}: ${message}`,
      {
        model: context.model,
        attempts: context.attempts,
        ...(seen.status !== undefined && { status: seen.status }),
        type: type ?? (seen.status === undefined ? "connection_error" : "unknown"),
        reason: message,
        retryable: again,
        ...(errorCode && { errorCode }),
        ...(requestId && { requestId }),
      },
    ),
    again,
    unbilled: seen.status !== undefined || (!context.begun && wasNeverSent(thrown)),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** Returns the error of a stream that ended without one before its message was complete. */
export function cutStream(model: string, attempts: number): CoppiceError {
  const message = `The stream of model ${model} ended before its message was complete`;
  return new CoppiceError("MODEL_FAILED", message, { model, attempts, type: "stream_cut" });
}

function mayPass(seen: Thrown): boolean {
  const { status, type, errorCode, headers } = seen;
  if (errorCode && lasting.includes(errorCode)) return false;
  if (status !== undefined) return statusMayPass(seen);
  if (headers?.get("x-should-retry") === "false") return false;
  return !type || passing.includes(type);
}

function headline(status: number | undefined, type: string | undefined, model: string): string {
  if (status === undefined && !type) return `The connection to model ${model} failed`;
  const said = status === undefined ? type : `${status}${type ? ` ${type}` : ""}`;
  return `Model ${model} answered ${said}`;
}

function messageOf(thrown: unknown, { apiMessage }: Thrown): string {
  return typeof apiMessage === "string" ? apiMessage : rootOf(thrown);
}

/**
 * Returns the message of the innermost cause: `fetch failed` says nothing, `connect ECONNREFUSED`
 * does.
 */
function rootOf(thrown: unknown): string {
  let root = thrown;
  for (let depth = 0; depth < 8; depth += 1) {
    if (!isError(root) || root.cause === undefined) break;
    root = root.cause;
  }
  return describe(root);
}

/**
 * Removes the key from a text: a proxy can send the request's headers back, and `fetch` quotes a
 * bad header value.
 */
function clean(text: string, apiKey: string): string {
  const safe = text.replaceAll(apiKey, "[redacted]");
  return shorten(safe, 1_000);
}
