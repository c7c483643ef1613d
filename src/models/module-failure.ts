import { CoppiceError } from "../errors.ts";
import { describe, encodeError, isCode } from "../wire/error-codec.ts";
import { fieldOf, readField } from "../wire/read-field.ts";
import { readRetryAfter, type ServiceError, statusMayPass } from "./passing-failure.ts";
import type { Attempt } from "./retry.ts";

type Failure = Omit<Extract<Attempt, { readonly status: "failed" }>, "status" | "remains">;

interface Context {
  /** Of the module. */
  readonly url: string;
  /** How many attempts were made, this one included. */
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What a module's error may say of trying again, each field known to be what it seems. */
interface Said extends ServiceError {
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
}

/**
 * Says what went wrong in a module, and whether to try again: only where its error says so, since
 * a mistake in its code would be made again.
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
    const told = `The model module ${about.module} threw: ${describe(thrown)}`;
    const stack = fieldOf(thrown, "stack");
    const where = stack === undefined ? {} : { stack };
    return new CoppiceError("MODEL_FAILED", told, { ...about, ...where });
  }
  const { code, message, details } = encodeError(thrown, "MODEL_FAILED");
  return new CoppiceError(code, message, { ...about, ...details });
}

/** Anything can be thrown, so each field is taken only for what it is. */
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
