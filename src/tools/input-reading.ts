import { CoppiceError } from "../errors.ts";
import type { Clock } from "../wire/clock.ts";
import type { Json } from "../wire/json.ts";
import { CallFailure, said, unfit } from "./call-failure.ts";
import type { Callable, CallRequest } from "./running-call.ts";
import type { ReadPlace } from "./schema/fit-input.ts";
import type { ReadInput } from "./schema/input-reader.ts";

/** The input of one call as its tool receives it, or the error that refuses it. */
export type CallInput =
  | {
      readonly status: "read";
      readonly value: unknown;
      readonly view: Json;
      readonly read: readonly ReadPlace[];
    }
  | { readonly status: "refused"; readonly error: CoppiceError };

/**
 * Reads the input of a call, synchronously where possible.
 *
 * **Guarantees** never throws or rejects. A promise settles when the tool's time is over, or with
 * `CANCELLED` when the signal is aborted, whatever the validator does then.
 */
export function readCallInput(
  callable: Callable,
  request: CallRequest,
  clock: Clock,
): CallInput | Promise<CallInput> {
  const reading = new Reading(callable, request, clock);
  return reading.read();
}

class Reading {
  readonly #callable: Callable;
  readonly #request: CallRequest;
  readonly #clock: Clock;
  #timer: unknown;
  #isQueued = false;
  #isOver = false;
  #expire: (error: CoppiceError) => void = () => undefined;

  constructor(callable: Callable, request: CallRequest, clock: Clock) {
    this.#callable = callable;
    this.#request = request;
    this.#clock = clock;
  }

  read(): CallInput | Promise<CallInput> {
    const { callId, path, labels, attempt, signal, input } = this.#request;
    const queue = (): (() => void) => this.#queue();
    try {
      const read = this.#callable.read(input, { callId, path, labels, attempt, signal, queue });
      return read instanceof Promise ? this.#settled(read) : this.#inputOf(read);
    } catch (thrown) {
      return this.#failed(thrown);
    }
  }

  async #settled(read: Promise<ReadInput>): Promise<CallInput> {
    const { signal, tool } = this.#request;
    const ended = Promise.withResolvers<CallInput>();
    this.#expire = (error) => ended.resolve({ status: "refused", error });
    const onAbort = (): void =>
      this.#expire(
        new CoppiceError("CANCELLED", `Tool "${tool}" was cancelled: ${said(signal.reason)}`, {
          tool,
        }),
      );
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    if (!this.#isQueued) this.#arm();
    try {
      return await Promise.race([
        ended.promise,
        read.then(
          (one) => this.#inputOf(one),
          (thrown: unknown) => this.#failed(thrown),
        ),
      ]);
    } finally {
      this.#isOver = true;
      this.#clock.clearTimeout(this.#timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Stops the timer while the reader waits in a queue; the returned function starts it. */
  #queue(): () => void {
    this.#isQueued = true;
    this.#clock.clearTimeout(this.#timer);
    return () => this.#arm();
  }

  #arm(): void {
    if (this.#isOver) return;
    const { timeoutMs } = this.#callable;
    const { tool } = this.#request;
    const message = `The input of tool "${tool}" could not be read in ${timeoutMs} ms`;
    const error = new CoppiceError("TOOL_TIMED_OUT", message, { tool, timeoutMs });
    this.#timer = this.#clock.setTimeout(() => this.#expire(error), timeoutMs);
  }

  #inputOf(read: ReadInput): CallInput {
    if (!read.valid) return { status: "refused", error: unfit(this.#request.tool, read.issues) };
    const { value, view, read: places } = read;
    return { status: "read", value, view, read: places };
  }

  /** Refuses the input because the validator threw, or its thread did not answer. */
  #failed(thrown: unknown): CallInput {
    const { tool } = this.#request;
    const code = thrown instanceof CallFailure ? thrown.code : "TOOL_FAILED";
    const message = `The input of tool "${tool}" could not be read: ${said(thrown)}`;
    return { status: "refused", error: new CoppiceError(code, message, { tool }) };
  }
}
