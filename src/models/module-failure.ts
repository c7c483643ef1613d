import { CoppiceError } from "../errors.ts";
import { describe, encodeError, isCode } from "../wire/error-codec.ts";
import { fieldOf, readField } from "../wire/read-field.ts";
import { readRetryAfter, type ServiceError, statusMayPass } from "./passing-failure.ts";
import type { Attempt } from "./retry.ts";

type Failure = Omit<Extract<Attempt, { readonly status: "failed" }>, "status" | "remains">;

interface Context {
  /** URL of the module. */
  readonly url: string;
  /** Number of attempts made, this one included. */
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Fields of a module's error that concern retries, each of the type that it should have. */
interface Said extends ServiceError {
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
}

/**
 * Describes the failure of a module and whether to try again: only when its error says so, since a
 * bug in its code would fail again.
 */
export function describeThrown(thrown: unknown, { url, attempts, now }: Context): Failure {
  const said = read(thrown instanceof CoppiceError ? readField(thrown, "details") : thrown);
  const { retryable: again = statusMayPass(said), status } = said;
  const retryAfterMs = said.retryAfterMs ?? readRetryAfter(said.headers, now);
  const about = { attempts, retryable: again, ...(status !== undefined && { status }) };
  return {
    error: errorOf(thrown, { module: url, ...about }),
    again,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function errorOf(
  thrown: unknown,
  about: { readonly module: string; readonly [detail: string]: string | number | boolean },
): CoppiceError {
  if (!(thrown instanceof CoppiceError) || !isCode(readField(thrown, "code"))) {
    const text = `The model module ${about.module} threw: ${describe(thrown)}`;
    const stack = fieldOf(thrown, "stack");
    const where = stack === undefined ? {} : { stack };
    return new CoppiceError("MODEL_FAILED", text, { ...about, ...where });
  }
  const { code, message, details } = encodeError(thrown, "MODEL_FAILED");
  return new CoppiceError(code, message, { ...about, ...details });
}

/**
 * Reads the fields of a thrown value. Any value can be thrown, so a field of another type is left
 * out.
 */
function read(thrown: unknown): Said {
  const field = (name: keyof Said): unknown => readField(thrown, name);
  const [status, headers] = [field("status"), field("headers")];
  const [retryable, retryAfterMs] = [field("retryable"), field("retryAfterMs")];
  const get = readField(headers, "get");
  return {
    ...(typeof status === "number" && { status }),
    ...(typeof get === "function" && { headers: headers as Headers }),
    ...(typeof retryable === "boolean" && { retryable }),
    ...(typeof retryAfterMs === "number" && retryAfterMs > 0 && { retryAfterMs }),
  };
}
